"""The whole graph in a fresh clone, small: what people do with it after `make repro`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

from proguard.storage.files import read_json
from tools.closure import ROOT

pytestmark = pytest.mark.slow

SMALL = (
    "collect.sources.mini_world.read.n_train=240",
    "collect.sources.mini_world.read.n_test=120",
    "reward_lab.n_words=50",
    "reward_lab.max_words=2",
    "rl_train.steps=2",
    "rl_train.batch_size=4",
    "rl_train.mini_batch_size=4",
    "rl_train.warmup_steps=0",
    "evaluate.n_resamples=50",
)


class Clone:
    """A clone of the committed and the changed files, with its own MLflow store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.splitlines()  # fmt: skip
        for file in files:
            if (ROOT / file).is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / file, folder / file)
        self.run("git", "init", "--quiet")
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "all")

    def run(self, *command: str, check: bool = True) -> str:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "MLFLOW_", "COV_", "PROGUARD_"))}
        environment = {**clean, "PATH": path, "PYTHONPATH": str(self.folder)}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=880)
        assert not check or done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return done.stdout + done.stderr

    def experiment(self, *overrides: str) -> str:
        return self.run("dvc", "exp", "run", *(x for o in overrides for x in ("-S", o)))

    @property
    def pipeline_runs(self):
        mlflow.set_tracking_uri(f"sqlite:///{self.folder / 'mlflow.db'}")
        runs = mlflow.search_runs(experiment_names=["proguard"], output_format="list")
        parents = [r for r in runs if "mlflow.parentRunId" not in r.data.tags]
        return parents, {r.data.tags["proguard.stage"]: r for r in runs if r not in parents}


@pytest.fixture(scope="module")
def clone(tmp_path_factory, empty_store):
    clone = Clone(tmp_path_factory.mktemp("clone"))
    shutil.copy(empty_store, clone.folder / "mlflow.db")
    return clone


@pytest.fixture(scope="module")
def built(clone):
    output = clone.experiment(*SMALL)
    return clone, output


def stages_run(output: str) -> list[str]:
    return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")]


def test_every_stage_runs_and_ends_in_a_report(built):
    clone, output = built
    data = ["collect", "taxonomy_map", "leakage", "modality_balance", "ood_split"]
    names = [*data, "base_model", "rl_train", "evaluate"]
    assert set(names) <= set(stages_run(output))
    assert "tiny_base" not in stages_run(output)
    metrics = read_json(clone.folder / "metrics.json")
    assert set(metrics) == {"base", "proguard", "difference", "suites"}
    assert metrics["proguard"]["test"]["all"]["reward"]["mean"]["n"] > 0
    assert "data:image/svg" in (clone.folder / "data" / "report.html").read_text()


def test_pipeline_run_in_mlflow_holds_metrics_report_and_hashes(built):
    clone, _ = built
    parents, children = clone.pipeline_runs
    assert len(parents) == 1
    parent = parents[0]
    assert {"collect", "rl_train", "predict", "evaluate"} <= set(children)
    assert parent.data.params["rl_train.steps"] == "2"
    assert {"Mean reward", "False alarms"} <= set(parent.data.metrics)
    assert len(parent.data.metrics) <= 10  # With the parameters that differ they fit on a screen.
    assert parent.data.tags["mlflow.note.content"].startswith(("Yes: ", "No: ", "Not shown "))
    assert parent.data.tags["proguard.dirty"] == "true"  # The overrides changed params.yaml.
    assert [given.dataset.name for given in parent.inputs.dataset_inputs] == ["mini"]
    assert {"proguard.taxonomy", "proguard.prompt", "proguard.reward", "proguard.data"} <= set(parent.data.tags)
    artifacts = {a.path for a in mlflow.MlflowClient().list_artifacts(parent.info.run_id)}
    assert {"report.html", "metrics.json", "dvc.lock", "params.yaml"} <= artifacts
    assert "reward" in children["rl_train"].data.metrics


def test_second_repro_runs_nothing_and_adds_no_run(built):
    clone, _ = built
    before = len(clone.pipeline_runs[0])
    assert stages_run(clone.run("dvc", "repro")) == []
    assert len(clone.pipeline_runs[0]) == before


def test_dvc_speaks_of_dag_metrics_plots_and_experiments(built):
    clone, _ = built
    assert "rl_train" in clone.run("dvc", "dag")
    assert "reward" in clone.run("dvc", "metrics", "show")
    assert "index.html" in clone.run("dvc", "plots", "show")
    assert "rl_train.lr" in clone.run("dvc", "exp", "show", "--csv")


def test_edit_under_conf_is_never_silently_stale(built):
    clone, _ = built
    file = clone.folder / "conf" / "rl_train.yaml"
    before = file.read_text()
    file.write_text(before.replace("lr: ", "lr: 1"))
    output = clone.run("dvc", "repro", check=False)
    file.write_text(before)
    assert "rl_train.lr" in output
    assert "dvc exp run" in output
    assert "ERROR: failed to reproduce 'check_params'" in output


def test_changed_lr_would_run_rl_train_and_nothing_before_it(built):
    clone, _ = built
    file = clone.folder / "params.yaml"
    before = file.read_text()
    file.write_text(before.replace("\n  lr: ", "\n  lr: 1"))
    output = clone.run("dvc", "repro", "--dry")
    file.write_text(before)
    assert stages_run(output) == ["rl_train"]


def test_changed_interval_runs_evaluate_alone_and_adds_a_run(built):
    clone, _ = built
    before = len(clone.pipeline_runs[0])
    output = clone.experiment(*SMALL, "evaluate.confidence=0.9")
    assert stages_run(output) == ["evaluate"]
    assert len(clone.pipeline_runs[0]) == before + 1
