"""Folds with real git and real dvc, on a pipeline of three stages that take no time; one is killed half-way."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from proguard.rotate.folds import Rotation, Shell, run_fold
from proguard.storage.files import read_json

pytestmark = pytest.mark.slow

PIPELINE = f"""\
stages:
  data:
    cmd: echo ran >> "$LOG_DATA" && cp source.txt data.txt
    deps: [source.txt]
    outs: [data.txt]
  train:
    cmd: {sys.executable} train.py
    deps: [data.txt, train.py]
    params: [ood_split.fold]
    outs: [guard.txt]
  evaluate:
    cmd: cp guard.txt metrics.json
    deps: [guard.txt]
    outs: [metrics.json]
"""

TRAIN = """\
import json, pathlib, time, yaml
work = pathlib.Path(".work")
work.mkdir(exist_ok=True)
checkpoint = work / "checkpoint"
went_on = checkpoint.exists()
checkpoint.touch()
while pathlib.Path(__import__("os").environ["HANG"]).exists():
    time.sleep(0.05)
fold = yaml.safe_load(open("params.yaml"))["ood_split"]["fold"]
pathlib.Path("guard.txt").write_text(json.dumps({"fold": fold, "went_on": went_on}))
"""

RUN = """\
import os, sys
from pathlib import Path
from proguard.rotate.folds import Rotation, Shell, run_fold
from proguard.runtime.signals import exit_on_signals
exit_on_signals()
run_fold(Rotation(Path.cwd(), Path.cwd() / ".work/rotation", sys.argv[1]), int(sys.argv[2]), Shell())
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with a pipeline, and its commit."""
    root = tmp_path / "project"
    (root / "conf").mkdir(parents=True)
    (root / "conf/config.yaml").write_text("ood_split: {fold: null, n_folds: 2}\n")
    (root / "params.yaml").write_text("ood_split: {fold: null, n_folds: 2}\n")
    (root / "dvc.yaml").write_text(PIPELINE)
    (root / "source.txt").write_text("data")
    (root / "train.py").write_text(TRAIN)
    (root / ".gitignore").write_text(".work/\n/data.txt\n/guard.txt\n/metrics.json\n")
    monkeypatch.chdir(root)
    monkeypatch.setenv("LOG_DATA", str(tmp_path / "data.log"))
    monkeypatch.setenv("HANG", str(tmp_path / "hang"))
    for name, value in {"NAME": "a", "EMAIL": "a@b"}.items():
        monkeypatch.setenv(f"GIT_AUTHOR_{name}", value)
        monkeypatch.setenv(f"GIT_COMMITTER_{name}", value)
    quiet = {"cwd": root, "check": True, "capture_output": True}
    subprocess.run(["git", "init", "--quiet"], **quiet)
    subprocess.run(["dvc", "init", "--quiet"], **quiet)
    subprocess.run(["dvc", "config", "hydra.enabled", "true"], **quiet)
    subprocess.run(["git", "add", "--all"], **quiet)
    subprocess.run(["git", "commit", "--quiet", "--message", "A pipeline"], **quiet)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], text=True, **quiet).stdout.strip()
    return Rotation(root, root / ".work/rotation", commit)


def run_to_checkpoint(project, hang):
    """Run fold 0 until its training has a checkpoint, and waits for ``hang`` to go away."""
    hang.touch()
    process = subprocess.Popen([sys.executable, "-c", RUN, project.commit, "0"], start_new_session=True)
    deadline = time.monotonic() + 300
    while not (project.folder(0) / ".work/checkpoint").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return process


def test_terminated_fold_ends_its_pipeline_with_it(project, tmp_path):
    process = run_to_checkpoint(project, tmp_path / "hang")
    started = psutil.Process(process.pid).children(recursive=True)
    assert any("train.py" in " ".join(child.cmdline()) for child in started)
    process.terminate()
    assert process.wait(60) == 128 + signal.SIGTERM
    assert psutil.wait_procs(started, 5)[1] == []


def test_killed_fold_goes_on_and_shared_stages_run_once(project, tmp_path):
    hang = tmp_path / "hang"
    killed = run_to_checkpoint(project, hang)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    hang.unlink()
    assert not project.is_finished(0)

    for fold in (0, 1):
        run_fold(project, fold, Shell())
    assert read_json(project.folder(0) / "metrics.json") == {"fold": 0, "went_on": True}
    assert read_json(project.folder(1) / "metrics.json") == {"fold": 1, "went_on": False}
    assert (tmp_path / "data.log").read_text().split() == ["ran"]
    assert project.is_finished(0)
    assert project.is_finished(1)
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=project.project, capture_output=True, text=True)
    assert changed.stdout == ""


def test_fold_that_fails_says_where(project):
    (project.project / "train.py").write_text("raise SystemExit(3)\n")
    subprocess.run(["git", "commit", "--quiet", "--all", "--message", "Break it"], cwd=project.project, check=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project.project, capture_output=True, text=True)
    broken = Rotation(project.project, project.work, commit.stdout.strip())
    with pytest.raises(OSError, match=r"dvc exp run: exit code \d+ in .*fold0"):
        run_fold(broken, 0, Shell())
    assert not broken.is_finished(0)
