"""Stage reward_lab, run as DVC runs it, on rows that the test writes."""

import json
import shutil
import subprocess
import sys

import polars as pl
import pytest
import yaml
from omegaconf import OmegaConf

from proguard.runtime.params import compose_params
from tests.tables import write_rows
from tests.worlds import draw_rows
from tools.closure import ROOT

pytestmark = pytest.mark.slow

TAXONOMY = (ROOT / "data/taxonomy.yaml").read_text()


@pytest.fixture
def root(tmp_path, empty_store):
    """A project with a store of MLflow."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return tmp_path


def run(root, taxonomy_text=TAXONOMY):
    (root / "data/splits").mkdir(parents=True, exist_ok=True)
    write_rows(draw_rows(240)[0], root / "data/splits/train.parquet")
    (root / "data/taxonomy.yaml").write_text(taxonomy_text)
    params = compose_params(ROOT / "conf", ["reward_lab.n_words=20", "reward_lab.max_words=1"])
    OmegaConf.save(OmegaConf.create(params), root / "params.yaml")
    (root / "stages").mkdir(exist_ok=True)
    shutil.copy(ROOT / "stages/reward_lab.py", root / "stages")
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(root)}
    environment["MLFLOW_TRACKING_URI"] = f"sqlite:///{root / 'mlflow.db'}"
    command = [sys.executable, "stages/reward_lab.py"]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)


def test_reward_lab_writes_the_same_files_again_and_lets_training_go_on(root):
    contents = []
    for _ in range(2):
        done = run(root)
        assert done.returncode == 0, done.stderr
        files = sorted((root / "data/reward_lab").iterdir())
        contents.append({file.name: file.read_bytes() for file in files})
    assert set(contents[0]) == {"gate.json", "probes.csv", "probes.svg"}
    assert contents[0] == contents[1]
    assert json.loads(contents[0]["gate.json"])["faults"] == []
    assert set(pl.read_csv(root / "data/reward_lab/probes.csv")["rule"]) == {"strict", "paper"}


def test_reward_that_fails_its_gate_fails_the_stage_and_leaves_the_table(root):
    # Two categories of one name and one bank: the honest answer is nearer to neither.
    nodes = yaml.safe_load(TAXONOMY)
    first, second = nodes[2]["subcategories"][:2]
    second |= {"name": first["name"], "synonyms": first["synonyms"]}
    done = run(root, yaml.safe_dump(nodes))
    assert done.returncode == 1
    assert "reward_lab: the reward 'strict' does not pass its gate:" in done.stderr
    assert "the honest answer earns less than the most on " in done.stderr
    assert len(json.loads((root / "data/summaries/reward_lab.json").read_text())["faults"]) >= 1
    assert len(pl.read_csv(root / "data/reward_lab/probes.csv"))
