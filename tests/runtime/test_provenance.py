"""Where a result comes from."""

import pytest
from omegaconf import OmegaConf

from proguard.runtime.provenance import deciding_paths, hashes_of, source_tags
from tests.runtime.mlflow_store import PARAMS, PATHS, commit
from tools.closure import ROOT


def is_dirty():
    return source_tags(PARAMS)["proguard.dirty"]


def test_deciding_paths_are_what_no_stage_makes(folder):
    paths = deciding_paths(PARAMS)
    assert {"code.py", "taxonomy.yaml", "tiny", "conf", "params.yaml", "dvc.yaml"} <= set(paths)
    assert not {"splits/train.parquet", "report.html", "summaries/collect.json"} & set(paths)


def test_deciding_paths_of_the_project_leave_out_machine_matters(monkeypatch):
    monkeypatch.chdir(ROOT)
    paths = deciding_paths(OmegaConf.to_container(OmegaConf.load("params.yaml")))
    assert {"proguard/collect", "stages/rl_train.py", "data/taxonomy.yaml", "data/tiny_base"} <= set(paths)
    assert not [p for p in paths if p.startswith(("proguard/runtime", "data/splits", "data/summaries", "$"))]


@pytest.mark.parametrize("name", ["report.html", "metrics.json", "summaries/collect.json"])
def test_dirty_of_outputs_that_dvc_removed_is_false(name, folder):
    commit(folder)
    (folder / name).unlink()
    assert is_dirty() == "false"


@pytest.mark.parametrize("name", ["code.py", "params.yaml", "taxonomy.yaml", "dvc.yaml", "tiny", "conf/new.yaml"])
def test_dirty_of_a_file_that_decides_is_true(name, folder):
    commit(folder)
    (folder / name).parent.mkdir(exist_ok=True)
    with (folder / name).open("a") as file:
        file.write("\n")
    assert is_dirty() == "true"


def test_source_outside_of_git_has_no_commit(folder, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    tags = source_tags(PARAMS)
    assert "proguard.commit" not in tags
    assert tags["mlflow.source.name"] == "a stage by hand"


def test_hashes_without_a_guard_and_a_lock_are_of_the_metric_code_alone(folder, monkeypatch):
    code = folder / "metrics"
    code.mkdir()
    (code / "tally.py").write_text("1")
    monkeypatch.setattr("proguard.runtime.provenance._METRIC_CODE", (code,))
    before = hashes_of(PATHS)
    assert set(before) == {"metrics"}
    (code / "tally.pyc").write_text("compiled")
    assert hashes_of(PATHS) == before
    (code / "tally.py").write_text("2")
    assert hashes_of(PATHS) != before
