"""MLflow runs of stages, against a real sqlite store."""

import json
from pathlib import Path

import mlflow
import pytest

from proguard.runtime.tracking import EXPERIMENT, log_step, track_stage


@pytest.fixture
def params(tmp_path, monkeypatch):
    """Paths of an empty project with its own tracking store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.setenv("MLFLOW_RUN_ID", "")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    paths = {
        "summaries": "summaries",
        "metrics": "metrics.json",
        "report": "report.html",
        "guards": "guards",
        "splits": "splits",
    }
    (tmp_path / "summaries").mkdir()
    (tmp_path / "summaries" / "collect.json").write_text(json.dumps({"samples": {"text": 3}}))
    (tmp_path / "metrics.json").write_text(json.dumps({"base": {"reward": 1.5, "undefined": None}}))
    (tmp_path / "report.html").write_text("<html></html>")
    return {"paths": paths, "collect": {"seed": 7}, "runtime": {"work": "w"}}


def runs():
    return mlflow.search_runs(experiment_names=[EXPERIMENT], output_format="list")


def parent_and_children():
    children = [r for r in runs() if "mlflow.parentRunId" in r.data.tags]
    parents = [r for r in runs() if "mlflow.parentRunId" not in r.data.tags]
    return parents, children


@pytest.mark.slow
def test_summary_of_a_stage_of_a_matrix_is_found(params, monkeypatch):
    monkeypatch.setenv("DVC_STAGE", "predict@base-test")
    (Path("summaries") / "predict-base-test.json").write_text(json.dumps({"rows": 9}))
    with track_stage("predict", params):
        pass
    _, children = parent_and_children()
    assert children[0].data.metrics == {"rows": 9}


@pytest.mark.slow
def test_experiment_opens_on_model_training(params):
    with track_stage("collect", params):
        pass
    assert mlflow.get_experiment_by_name(EXPERIMENT).tags["mlflow.experimentKind"] == "custom_model_development"


@pytest.mark.slow
def test_stages_of_one_pipeline_share_a_parent(params):
    with track_stage("collect", params):
        log_step({"loss": 0.5}, step=1)
    with track_stage("evaluate", params):
        pass
    parents, children = parent_and_children()
    assert len(parents) == 1
    assert {c.data.tags["mlflow.parentRunId"] for c in children} == {parents[0].info.run_id}
    collect = next(c for c in children if c.data.tags["proguard.stage"] == "collect")
    assert collect.data.metrics == {"samples.text": 3, "loss": 0.5}
    assert parents[0].data.params == {"collect.seed": "7"}
    assert parents[0].data.metrics == {"base.reward": 1.5}
    artifacts = [a.path for a in mlflow.MlflowClient().list_artifacts(parents[0].info.run_id)]
    assert artifacts == ["report.html"]


@pytest.mark.slow
def test_failed_stage_is_a_failed_run(params):
    with pytest.raises(ValueError, match="broken"), track_stage("collect", params):
        raise ValueError("broken")
    assert {r.info.status for r in runs()} == {"FAILED"}


def test_no_server_is_a_warning_and_the_stage_runs(params, monkeypatch, caplog):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    done = []
    with track_stage("collect", params):
        log_step({"loss": 0.5}, step=1)
        done.append(True)
    assert done == [True]
    assert "not tracked" in caplog.text
