"""Tracking never decides whether a stage succeeds, and never leaves a run running."""

import logging
import os
import shutil
import sqlite3
import subprocess

import mlflow
import pytest
import requests
from mlflow.exceptions import MlflowException

from proguard.runtime.tracking import log_step, track_stage
from tests.runtime.mlflow_store import PARAMS, commit, parent_and_children, runs

pytestmark = pytest.mark.slow

FAULTS = [
    MlflowException("no such run"),
    requests.exceptions.ConnectionError("refused"),
    sqlite3.OperationalError("database is locked"),
    OSError(28, "No space left on device"),
    PermissionError(13, "Permission denied"),
    FileNotFoundError(2, "No such file or directory: 'git'"),
    KeyError("headline"),
    ImportError("libsqlite3.so.0"),
    RecursionError("deep"),
    MemoryError(),
    type("Odd", (Exception,), {"__str__": lambda self: ""})(),
]
PLACES = [
    "set_tracking_uri",
    "MlflowClient.get_experiment_by_name",
    "MlflowClient.search_runs",
    "MlflowClient.create_run",
    "log_params",
    "log_metrics",
    "MlflowClient.set_tag",
    "MlflowClient.get_run",
    "MlflowClient.update_run",
    "MlflowClient.set_terminated",
    "MlflowClient.log_artifact",
]


def run_stage(stage="evaluate", params=PARAMS):
    """Run a stage that logs two steps; return whether it came to its end."""
    done = []
    with track_stage(stage, params):
        log_step({"loss": 0.5}, step=1)
        log_step({"loss": 0.4}, step=2)
        done.append(True)
    return done == [True]


def warnings(caplog):
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING and r.name.startswith("proguard")]


@pytest.mark.parametrize(
    ("place", "fault"),
    [(place, FAULTS[6]) for place in PLACES]
    + [(place, fault) for place in ("MlflowClient.create_run", "log_metrics") for fault in FAULTS],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_fault_of_mlflow_is_one_warning_and_the_stage_succeeds(place, fault, project, monkeypatch, caplog):
    def fail(*_, **__):
        raise fault

    monkeypatch.setattr(f"mlflow.{place}", fail)
    assert run_stage()
    (warning,) = warnings(caplog)
    assert warning.startswith("MLflow: the stage goes on, but is tracked in part or not at all (")
    assert type(fault).__name__ in warning


@pytest.mark.parametrize("place", ["log_metrics", "MlflowClient.log_artifact", "MlflowClient.log_inputs"])
def test_fault_while_logging_leaves_no_run_running(place, project, monkeypatch):
    monkeypatch.setattr(f"mlflow.{place}", lambda *_, **__: 1 / 0)
    assert run_stage()
    assert {run.info.status for run in runs(project)} == {"FINISHED"}


@pytest.mark.parametrize(
    "params",
    [{}, {"paths": {}, "runtime": {}}, {"paths": {}, "runtime": None}, PARAMS | {"paths": {}}],
    ids=["empty", "no path", "null", "some paths"],
)
def test_params_without_a_key_are_one_warning(params, project, caplog):
    assert run_stage(params=params)
    assert len(warnings(caplog)) == 1
    assert "RUNNING" not in {run.info.status for run in runs_if_any(project)}


def runs_if_any(project):
    try:
        return runs(project)
    except AttributeError:  # No experiment was made.
        return []


def test_damaged_database_is_one_warning_within_seconds(project, caplog):
    (project / "mlflow.db").write_bytes(b"no database at all" * 999)
    assert run_stage()
    assert "file is not a database" in warnings(caplog)[0]


def test_locked_database_is_one_warning(project, monkeypatch, caplog):
    monkeypatch.setattr("proguard.runtime.store.WAIT_SECONDS", 0.2)
    with sqlite3.connect(project / "mlflow.db") as other:
        other.execute("BEGIN EXCLUSIVE")
        assert run_stage()
    assert "database is locked" in warnings(caplog)[0]


def test_held_lock_file_is_one_warning(project, monkeypatch, caplog):
    from filelock import FileLock

    monkeypatch.setattr("proguard.runtime.mlflow_runs.LOCK_SECONDS", 0.2)
    with FileLock(project / "mlflow.db.lock", is_singleton=False):
        assert run_stage()
    assert "Timeout" in warnings(caplog)[0]


def test_folder_that_cannot_be_written_is_one_warning(project, caplog):
    (project / "place").write_text("a file where a folder is due")
    params = PARAMS | {"runtime": {"work": "w", "tracking_uri": f"sqlite:///{project / 'place' / 'mlflow.db'}"}}
    assert run_stage(params=params)
    assert "FileExistsError" in warnings(caplog)[0] or "NotADirectoryError" in warnings(caplog)[0]


def test_artifact_store_out_of_reach_is_one_warning_and_ends_the_runs(project, monkeypatch, caplog):
    client = mlflow.MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    client.create_experiment("proguard", artifact_location="mlflow-artifacts://127.0.0.1:9/x")
    assert run_stage()
    assert len(warnings(caplog)) == 1
    assert {run.info.status for run in runs(project)} == {"FINISHED"}


def test_damaged_summary_is_one_warning_and_ends_the_runs(project, caplog):
    (project / "summaries" / "evaluate.json").write_text('{"verdict": ')
    assert run_stage()
    assert "JSONDecodeError" in warnings(caplog)[0]
    assert {run.info.status for run in runs(project)} == {"FINISHED"}


def test_no_server_is_one_warning(project, monkeypatch, caplog):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert run_stage()
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize("is_repository", [True, False])
def test_without_a_git_program_the_stage_is_tracked(is_repository, project, monkeypatch, caplog):
    if is_repository:
        commit(project)
    real = subprocess.run

    def without_git(command, *args, **kwargs):
        if command[0] == "git":
            raise FileNotFoundError(2, "No such file or directory: 'git'")
        return real(command, *args, **kwargs)

    monkeypatch.setattr(subprocess, "run", without_git)
    assert run_stage()
    assert warnings(caplog) == []
    assert "proguard.commit" not in parent_and_children(project)[0].data.tags


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (ValueError("broken"), "FAILED"),
        (SystemExit(1), "FAILED"),  # What Hydra makes of an error.
        (SystemExit(143), "KILLED"),
        (SystemExit(15), "KILLED"),  # What Ray makes of SIGTERM.
        (KeyboardInterrupt(), "KILLED"),
    ],
)
def test_stage_that_ends_early_is_a_run_that_ended(raised, status, project):
    with pytest.raises(type(raised)), track_stage("collect", PARAMS):
        raise raised
    assert {run.info.status for run in runs(project)} == {status}


def test_pipeline_of_a_failed_stage_stays_failed(project):
    with pytest.raises(ValueError, match="broken"), track_stage("collect", PARAMS):
        raise ValueError("broken")
    assert run_stage()
    parent, children = parent_and_children(project)
    statuses = {name: child.info.status for name, child in children.items()}
    assert (parent.info.status, statuses) == ("FAILED", {"collect": "FAILED", "evaluate": "FINISHED"})


def test_pipeline_runs_while_a_stage_runs(project):
    assert run_stage("collect")
    with track_stage("evaluate", PARAMS):
        assert runs(project)[0].info.status == "RUNNING"
    assert runs(project)[0].info.status == "FINISHED"


def test_log_step_outside_of_a_stage_does_nothing(caplog):
    log_step({"loss": 0.5}, step=1)
    assert warnings(caplog) == []


def test_run_id_of_somebody_else_is_left_alone(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_RUN_ID", "0" * 32)
    assert run_stage()
    assert os.environ["MLFLOW_RUN_ID"] == "0" * 32


def test_lost_database_in_the_middle_of_a_stage_is_one_warning(project, caplog):
    with track_stage("collect", PARAMS):
        shutil.rmtree(project / "mlflow.db", ignore_errors=True)
        (project / "mlflow.db").write_bytes(b"x" * 9999)
        log_step({"loss": 0.5}, step=1)
        log_step({"loss": 0.5}, step=2)
    assert len(warnings(caplog)) == 1
