import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from proguard.runtime.params import compose_params
from proguard.storage.files import read_json
from tools.closure import ROOT

pytestmark = pytest.mark.slow


def run_collect(folder: Path, *overrides: str) -> DictConfig:
    """Run the stage on conf/ with 30 samples of the mini world and its paths in ``folder``."""
    small = ["profile=mini", "collect.sources.mini_world.read.n_train=27", "collect.sources.mini_world.read.n_test=3"]
    places = [f"paths.collected={folder}/collected", f"paths.summaries={folder}", f"runtime.cache={folder}/cache"]
    config = OmegaConf.create(compose_params(ROOT / "conf", [*small, *places, *overrides]))
    spec = importlib.util.spec_from_file_location("stage_collect", ROOT / "stages" / "collect.py")
    stage = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stage)
    stage.main.__wrapped__(config)
    return config


def test_collect_stage_runs_on_conf_and_any_number_of_workers_gives_the_same(tmp_path: Path):
    for workers in (1, 3):
        run_collect(tmp_path / str(workers), f"runtime.collect.workers={workers}")
    assert read_json(tmp_path / "1/collect.json")["total"]["rows"] == 30
    files = sorted(path.relative_to(tmp_path / "1") for path in (tmp_path / "1").rglob("*") if path.is_file())
    assert len(files) == 5
    for file in files:
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "3" / file).read_bytes()


def test_collect_stage_offline_names_what_is_not_there_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("PROGUARD_MIRROR", raising=False)
    with pytest.raises(FileNotFoundError, match=r"collect\.benchmarks\.toxic_chat: collect\.offline is set"):
        run_collect(tmp_path, "collect.offline=true", "+benchmark=toxic_chat")
    assert not (tmp_path / "collected").exists()


def test_collect_stages_that_share_folders_end_in_the_files_of_one(tmp_path: Path):
    code = "import sys; from pathlib import Path; from tests.stages.test_collect import run_collect"
    command = [sys.executable, "-c", f"{code}; run_collect(Path(sys.argv[1]))", str(tmp_path / "shared")]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    run_collect(tmp_path / "alone")
    shared, alone = (
        {p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in tmp_path.iterdir()
    )
    assert shared == alone
