"""A rotation's run in MLflow ends whatever becomes of its artifacts."""

import shutil

import pytest

from proguard.rotate.folds import Rotation
from proguard.rotate.record import log_rotation
from proguard.runtime.store import connect, find_experiment


@pytest.mark.parametrize(("name", "status"), [("table.md", "FINISHED"), ("absent.md", "FAILED")])
def test_run_of_a_rotation_ends(name, status, tmp_path, monkeypatch, empty_store):
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    (tmp_path / "table.md").write_text("a")
    log_rotation(Rotation(tmp_path, tmp_path, "c" * 40), {"evaluate": {"trained": "proguard"}}, [], [tmp_path / name])
    client = connect(f"sqlite:///{tmp_path / 'mlflow.db'}")
    (run,) = client.search_runs([find_experiment(client)])
    assert run.info.status == status
