"""What the runs of a pipeline hold, and that they end when their process does."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import mlflow
import pytest

from proguard.runtime.mlflow_runs import MAX_HEADLINES, shown_params
from proguard.runtime.params import compose_params
from proguard.runtime.tracking import log_step, track_stage
from tests.runtime.mlflow_store import PARAMS, RESULT, parent_and_children, runs
from tools.closure import ROOT

pytestmark = pytest.mark.slow

SLEEPER = """
import sys, time
from pathlib import Path
import hydra
from proguard.runtime.stage import run_stage

@hydra.main(version_base="1.3", config_path=".", config_name="params")
def main(cfg):
    Path("started").touch()
    time.sleep(60)

run_stage("collect", main)
"""


def run_stages(*stages):
    for stage in stages:
        with track_stage(stage, PARAMS):
            log_step({"loss": 0.5}, step=1)


def test_stages_of_one_pipeline_share_a_parent(project):
    run_stages("collect", "evaluate")
    parent, children = parent_and_children(project)
    assert set(children) == {"collect", "evaluate"}
    assert children["collect"].data.metrics == {"samples.text": 3, "loss": 0.5}
    assert parent.data.params == {"collect.seed": "7", "profile": "mini"}


def test_pipeline_holds_the_headline_the_verdict_and_the_files(project):
    run_stages("evaluate")
    parent, _ = parent_and_children(project)
    assert parent.data.metrics == {"Mean reward": 2.5, "Listed risk right category": 0.9}
    assert parent.data.tags["mlflow.note.content"] == RESULT["verdict"]
    artifacts = [a.path for a in mlflow.MlflowClient().list_artifacts(parent.info.run_id)]
    assert sorted(artifacts) == ["metrics.json", "params.yaml", "report.html", "report.md"]


def test_training_holds_its_curves_and_the_sampled_rollouts_as_a_table(project):
    training = project / "training"
    training.mkdir()
    (training / "terms.csv").write_text("step,category\n1,0.5\n")
    lines = [{"step": 1, "reward": 2.0, "completion": "a"}, {"step": 9, "reward": 2.5, "completion": "é\u2028"}]
    (training / "rollouts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run_stages("rl_train")
    _, children = parent_and_children(project)
    run = children["rl_train"].info.run_id
    client = mlflow.MlflowClient()
    assert {a.path for a in client.list_artifacts(run)} == {"rollouts.json", "terms.csv"}
    assert client.load_table(client.get_run(run).info.experiment_id, "rollouts.json", [run]).to_dict("records") == lines


def test_pipeline_holds_no_more_metrics_than_fit_on_a_screen(project):
    headline = {f"m{i}": float(i) for i in range(99)}
    (project / "summaries" / "evaluate.json").write_text(json.dumps(RESULT | {"headline": headline}))
    run_stages("evaluate")
    assert len(parent_and_children(project)[0].data.metrics) == MAX_HEADLINES


def test_pipeline_has_the_splits_as_its_data_set(project, monkeypatch):
    out = {"path": "splits", "md5": "0123456789abcdef0123456789abcdef.dir"}
    (project / "dvc.lock").write_text(json.dumps({"stages": {"ood_split": {"outs": [out]}}}))
    (project / "summaries" / "ood_split.json").write_text(json.dumps({"rows": {"train": 9}}))
    for stage in ("ood_split", "rl_train", "evaluate"):
        monkeypatch.setenv("DVC_STAGE", stage)
        run_stages(stage)
    parent, _ = parent_and_children(project)
    (given,) = parent.inputs.dataset_inputs
    assert (given.dataset.name, given.dataset.digest) == ("mini", out["md5"])
    assert json.loads(given.dataset.profile) == {"train": 9}
    assert parent.data.tags["proguard.data"] == out["md5"]


@pytest.mark.parametrize("profile", ["mini", "paper"])
def test_shown_params_are_few_and_hold_what_differs_from_the_profile(profile):
    same = compose_params(ROOT / "conf", [f"profile={profile}"])
    other = compose_params(ROOT / "conf", [f"profile={profile}", "rl_train.kl_coef=0.5", "ood_split.novel=[C1]"])
    usual, changed = (shown_params(params, ROOT / "conf") for params in (same, other))
    assert len(usual) <= 10
    assert {key: changed[key] for key in changed.keys() - usual.keys()} == {
        "rl_train.kl_coef": 0.5,
        "ood_split.novel": ["C1"],
    }


def test_another_guard_is_one_shown_param():
    usual, changed = (shown_params(compose_params(ROOT / "conf", more)) for more in ([], ["experiment=three_guards"]))
    assert changed.keys() - usual.keys() == {"predict.asked.word_list"}


def test_summary_of_a_stage_of_a_matrix_is_found(project, monkeypatch):
    monkeypatch.setenv("DVC_STAGE", "predict@base-test")
    (project / "summaries" / "predict-base-test.json").write_text(json.dumps({"rows": 9}))
    with track_stage("predict", PARAMS):
        pass
    (child,) = parent_and_children(project)[1].values()
    assert (child.info.run_name, child.data.metrics) == ("predict@base-test", {"rows": 9})


def test_experiment_opens_on_model_training(project):
    run_stages("collect")
    tags = mlflow.get_experiment_by_name("proguard").tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"


def sleeping_stage(project):
    """A stage in a process of its own that has begun its work."""
    (project / "stage.py").write_text(SLEEPER)
    params = compose_params(ROOT / "conf")
    (project / "params.yaml").write_text(json.dumps(params | {"paths": params["paths"] | PARAMS["paths"]}))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "stage.py"], cwd=project, env=environment)
    until = time.monotonic() + 120
    while not (project / "started").exists():
        assert process.poll() is None, "the stage ended before it began"
        assert time.monotonic() < until
        time.sleep(0.1)
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_stage_that_is_asked_to_end_leaves_no_run_running(number, project):
    process = sleeping_stage(project)
    process.send_signal(number)
    assert process.wait(timeout=60) != 0
    assert [run.info.status for run in runs(project)] == ["KILLED", "KILLED"]


def test_run_of_a_killed_stage_is_ended_by_the_next_one(project):
    process = sleeping_stage(project)
    assert {run.info.status for run in runs(project)} == {"RUNNING"}
    run_stages("evaluate")  # While the other one is at work it is left alone.
    assert sorted(run.info.status for run in runs(project)) == ["FINISHED"] * 2 + ["RUNNING"] * 2
    process.kill()
    process.wait()
    run_stages("evaluate")
    assert sorted({run.info.status for run in runs(project)}) == ["FINISHED", "KILLED"]


TRACKER = """
import json, sys
from proguard.runtime.tracking import log_step, track_stage
with track_stage(sys.argv[1], json.loads(sys.argv[2])):
    for step in range(5):
        log_step({"loss": step}, step)
"""


@pytest.mark.parametrize("folders", [["one"] * 3, ["one", "two", "three"]])
def test_processes_that_begin_together_share_a_new_database(folder, folders):
    """Three stages of one project, and of three folders of DVC's queue."""
    params = json.dumps(PARAMS | {"runtime": {"tracking_uri": f"sqlite:///{folder / 'mlflow.db'}"}})
    started = []
    for stage, name in zip(("collect", "leakage", "evaluate"), folders, strict=True):
        shutil.copytree(folder / "summaries", folder / name / "summaries", dirs_exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DVC_ROOT": str(folder / name)}
        command = [sys.executable, "-c", TRACKER, stage, params]
        started.append(subprocess.Popen(command, cwd=folder / name, env=environment, stderr=subprocess.PIPE, text=True))
    assert ["goes on" in process.communicate(timeout=300)[1] for process in started] == [False] * 3
    children = [run for run in runs(folder) if "mlflow.parentRunId" in run.data.tags]
    assert {run.data.tags["proguard.stage"] for run in children} == {"collect", "leakage", "evaluate"}
    assert {(run.info.status, run.data.metrics["loss"]) for run in children} == {("FINISHED", 4.0)}


def test_running_runs_of_other_machines_and_tools_are_left_alone(project):
    client = mlflow.MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    experiment = client.create_experiment("proguard")
    for tags in ({"proguard.process": "elsewhere 1 1.00"}, {"proguard.process": "?"}, {}):
        client.create_run(experiment, tags=tags)
    run_stages("collect")
    assert [run.info.status for run in runs(project)].count("RUNNING") == 3
