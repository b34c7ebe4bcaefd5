"""The stage rl_train through real verl and Ray: two steps, a kill in between, and what may not pass for a training."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file

from proguard.card import read_card
from proguard.guard_folder import seal_guard
from proguard.reward.config import STRICT
from proguard.rl_train.config import Engine, TrainingFiles
from proguard.rl_train.train import run_verl
from proguard.runtime.lock import exclusive
from proguard.runtime.params import compose_params
from proguard.storage.files import read_json
from tests.tables import write_rows
from tests.worlds import draw_rows, make_guard_card, store_images, taxonomy
from tools.closure import ROOT

pytestmark = pytest.mark.slow

SETTINGS = ("rl_train.steps=2", "rl_train.batch_size=4", "rl_train.mini_batch_size=4", "rl_train.save_every=1")


@pytest.fixture
def project(tmp_path, monkeypatch, empty_store):
    """A project that stands right before rl_train: rows, images, and the tiny base."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(compose_params(ROOT / "conf")))
    # Hydra looks for params.yaml next to where a link leads.
    shutil.copytree(ROOT / "stages", tmp_path / "stages")
    (tmp_path / "proguard").symlink_to(ROOT / "proguard")
    base = tmp_path / "data" / "guards" / "base"
    shutil.copytree(ROOT / "data" / "tiny_base", base)
    shutil.copy(ROOT / "data" / "taxonomy.yaml", tmp_path / "data")
    card = make_guard_card()
    seal_guard(base, card, ROOT / "data" / "taxonomy.yaml")
    rows, images = draw_rows(24)
    write_rows(rows, tmp_path / "data" / "splits" / "train.parquet")
    store_images(images, tmp_path / "data" / "collected" / "images")
    return tmp_path


def command(*overrides):
    return [sys.executable, "stages/rl_train.py", *SETTINGS, *overrides]


def environment(project):
    """The environment of a batch system: a long TMPDIR, and somebody's Ray cluster that is not there."""
    scratch = project / ("scratch-" + "x" * 80)
    scratch.mkdir(exist_ok=True)
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MLFLOW_TRACKING_URI": f"sqlite:///{project / 'mlflow.db'}",
        "DVC_ROOT": str(project),
        "TMPDIR": str(scratch),
        "RAY_ADDRESS": "127.0.0.1:1",
    }


def run(project, *overrides):
    return subprocess.run(
        command(*overrides), cwd=project, env=environment(project), capture_output=True, text=True, timeout=600
    )


def read_records(project):
    """What the training left behind besides its weights, by file."""
    return {file.name: file.read_text() for file in sorted((project / "data" / "training").iterdir())}


def wait_for_step(project, step):
    for _ in range(600):
        if any(f.read_text() == str(step) for f in project.glob(".work/rl_train/*/checkpoints/latest_*.txt")):
            return
        time.sleep(0.5)
    pytest.fail(f"no checkpoint of step {step} in 300 s")


def test_killed_training_goes_on_to_the_same_guard(project):
    whole = run(project)
    assert whole.returncode == 0, whole.stderr[-3000:]
    guard = project / "data" / "guards" / "proguard"
    weights = (guard / "model.safetensors").read_bytes()
    records = read_records(project)
    assert list(records) == ["curve.csv", "rollouts.jsonl", "terms.csv"]
    rollouts = [json.loads(line) for line in records["rollouts.jsonl"].splitlines()]
    # Two steps of 4 prompts and 8 answers; both are sampled.
    assert [line["step"] for line in rollouts] == [1] * 32 + [2] * 32
    assert all(
        line["reward"] == pytest.approx(line["request"] + line["response"] + line["category"]) for line in rollouts
    )
    assert read_card(guard).origin["steps"] == 2
    summary = read_json(project / "data" / "summaries" / "rl_train.json")
    assert (summary["steps"], summary["rows"]) == (2, {"given": 24, "kept": 24, "dropped": {}})
    base = load_file(project / "data" / "guards" / "base" / "model.safetensors")
    trained = load_file(guard / "model.safetensors")
    assert trained.keys() == base.keys()
    assert all((trained[name] != base[name]).any() for name in base)
    assert {weight.dtype for weight in trained.values()} == {np.dtype("float32")}

    shutil.rmtree(guard)
    with subprocess.Popen(command(), cwd=project, env=environment(project), start_new_session=True) as process:
        wait_for_step(project, 1)
        process.send_signal(signal.SIGKILL)
    assert not guard.exists()
    again = run(project)
    assert again.returncode == 0, again.stderr[-3000:]
    assert (guard / "model.safetensors").read_bytes() == weights
    assert read_records(project) == records


def test_failing_reward_fails_the_stage(project):
    done = run(project, "similarity.backend=sentence_transformers", "similarity.revision=null")
    assert done.returncode != 0
    assert "the reward failed" in done.stderr or "verl exited" in done.stderr
    assert not (project / "data" / "guards" / "proguard").exists()


def test_verl_that_refuses_its_settings_shows_the_end_of_its_log(project):
    # verl reads this before it starts Ray.
    done = run(project, "+engine.verl.hydra.nosuch=1")
    assert done.returncode != 0
    assert "verl exited with 1; the end of" in done.stderr
    assert "hydra.nosuch" in done.stderr


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vllm is installed")
def test_rollout_vllm_without_the_package_is_an_error_before_verl_starts(project):
    done = run(project, "engine.verl.actor_rollout_ref.rollout.name=vllm")
    assert done.returncode != 0
    assert "rollout.name: the package vllm is not installed; for engine=gpu run `make setup GPU=1`" in done.stderr
    assert not list(project.glob(".work/rl_train/*"))


def test_run_verl_in_a_folder_in_use_is_refused(tmp_path):
    files = TrainingFiles(tmp_path / "rows", tmp_path / "base", tmp_path / "work", tmp_path / "taxonomy.yaml")
    machine = {"engine": Engine("verl.trainer.main_ppo", {}, {}), "stall_seconds": 1.0, "on_step": print}
    with exclusive(files.work), pytest.raises(RuntimeError, match="work: another process is working on it"):
        run_verl([], None, files, n_rows=1, taxonomy=taxonomy(), reward=STRICT, **machine)


CLUSTER = """
import ray
from proguard.runtime.cluster import ray_folder
with ray_folder() as folder:
    sizes = {"num_cpus": 10, "num_gpus": 1, "object_store_memory": 300_000_000}
    print(ray.init("local", include_dashboard=False, _temp_dir=folder, **sizes).address_info["gcs_address"], flush=True)
    input()
    ray.shutdown()
"""


@pytest.fixture
def cluster(tmp_path):
    """The address of a Ray cluster that somebody else started, in an environment without ours."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "RAY_AUTH_MODE": "disabled",
    }
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", CLUSTER], env=environment, cwd=tmp_path, **pipes) as process:
        yield process.stdout.readline().strip()
        process.communicate("\n", timeout=60)


@pytest.mark.skipif(
    "PYTEST_XDIST_WORKER" in os.environ,
    reason="on a loaded machine Ray cancels the joined driver's actor: run this test alone",
)
def test_training_joins_the_cluster_that_is_set_and_leaves_it_running(project, cluster):
    done = run(project, f"runtime.rl.ray_address={cluster}")
    assert done.returncode == 0, done.stderr[-3000:]
    summary = read_json(project / "data" / "summaries" / "rl_train.json")
    assert summary["steps"] == 2
    assert "kl_last" in summary  # verl's own numbers came back from its workers.
    assert "RAY_ADDRESS=127.0.0.1:1 is not used by rl_train" in done.stderr


def test_cluster_that_does_not_answer_is_an_error_before_verl_starts(project):
    done = run(project, "runtime.rl.ray_address=127.0.0.1:1")
    assert done.returncode != 0
    assert "Ray cluster: expected local, auto or the host:port of one that runs, found 127.0.0.1:1" in done.stderr
    assert not list(project.glob(".work/rl_train/*/verl-*.log"))
