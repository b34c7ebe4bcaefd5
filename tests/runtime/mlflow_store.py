"""An empty project with a tracking store of its own."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import mlflow
import pytest
import yaml

from proguard.runtime.store import EXPERIMENT

PATHS = {
    "summaries": "summaries",
    "metrics": "metrics.json",
    "report": "report.html",
    "report_md": "report.md",
    "guards": "guards",
    "splits": "splits",
    "training": "training",
}
PARAMS = {"paths": PATHS, "profile": "mini", "collect": {"seed": 7}, "runtime": {"work": "w", "tracking_uri": None}}
RESULT = {"verdict": "Yes: better. It rose.", "headline": {"Mean reward": 2.5, "Listed risk, right category": 0.9}}
PIPELINE = {
    "stages": {
        "collect": {
            "deps": ["code.py"],
            "outs": ["${paths.splits}"],
            "metrics": [{"${paths.summaries}/collect.json": {}}],
        },
        "evaluate": {"deps": ["${paths.splits}/train.parquet", "taxonomy.yaml", "tiny"], "outs": ["report.html"]},
        "tiny_base": {"frozen": True, "outs": [{"tiny": {"cache": False}}]},
    }
}


_set_tracking_uri = mlflow.set_tracking_uri


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a project, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DVC_", "GIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    (tmp_path / "summaries").mkdir()
    (tmp_path / "summaries" / "collect.json").write_text(json.dumps({"samples": {"text": 3}}))
    (tmp_path / "summaries" / "evaluate.json").write_text(json.dumps(RESULT))
    (tmp_path / "metrics.json").write_text(json.dumps({"base": {"reward": 1.5, "undefined": None}}))
    (tmp_path / "report.html").write_text("<html></html>")
    (tmp_path / "report.md").write_text("# Yes")
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump(PIPELINE))
    for name in ("code.py", "taxonomy.yaml", "params.yaml", "tiny"):
        (tmp_path / name).write_text("1\n")
    return tmp_path


@pytest.fixture
def project(folder, empty_store):
    """The same with a store in mlflow.db."""
    shutil.copy(empty_store, folder / "mlflow.db")
    yield folder
    _set_tracking_uri(None)


def commit(folder: Path) -> None:
    """Put all files of ``folder`` into git."""
    for command in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "all"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)


def runs(folder: Path):
    """All runs of the project, parents first."""
    client = mlflow.MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    found = client.search_runs([client.get_experiment_by_name(EXPERIMENT).experiment_id])
    return sorted(found, key=lambda run: "mlflow.parentRunId" in run.data.tags)


def parent_and_children(folder: Path):
    """The one run of the pipeline, and those of its stages by name."""
    parent, *children = runs(folder)
    assert {child.data.tags["mlflow.parentRunId"] for child in children} == {parent.info.run_id}
    return parent, {child.data.tags["proguard.stage"]: child for child in children}
