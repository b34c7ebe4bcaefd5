"""rl_train on a Ray cluster of two nodes, of which everything is killed once: `make cluster-check`.

Five trainings after each other, some minutes; the suite leaves it out.
"""

import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from proguard.runtime.cluster import ray_folder
from tests.ray_cluster import QUICK_TO_NOTICE
from tests.training_project import make_project, read_curve, train

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(0),  # `train` has a limit of its own.
    pytest.mark.skipif("PROGUARD_CLUSTER_CHECK" not in os.environ, reason="trains five times: make cluster-check"),
]

SETTINGS = (
    "rl_train.steps=20", "rl_train.batch_size=4", "rl_train.mini_batch_size=4", "rl_train.save_every=1",
    "runtime.rl.stall_seconds=400",
)  # fmt: skip
MEMORY = 200 * 2**20
TIMEOUT = 1200.0


class TwoMachines:
    """A head without a GPU and a machine with one, where verl's worker runs."""

    def __init__(self, cluster):
        self._cluster, self.address = cluster, cluster.address
        self.add_worker()

    def add_worker(self):
        self._worker = self._cluster.add_node(num_cpus=10, num_gpus=1, object_store_memory=MEMORY)

    def kill_worker(self):
        self._cluster.remove_node(self._worker, allow_graceful=False)

    def kill_head(self):
        self._cluster.remove_node(self._cluster.head_node, allow_graceful=False)


@contextmanager
def two_machines():
    """Start both, and end what is left of them."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    with ray_folder() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", folder)
        patch.setenv("OMP_NUM_THREADS", "1")
        (Path(folder) / "ray").mkdir()
        cluster = Cluster()
        try:
            head = {"num_cpus": 4, "include_dashboard": False, "temp_dir": folder, "_system_config": QUICK_TO_NOTICE}
            cluster.add_node(object_store_memory=MEMORY, **head)
            yield TwoMachines(cluster)
        finally:
            cluster.shutdown()


def guard_of(project):
    return (project / "data" / "guards" / "proguard" / "model.safetensors").read_bytes()


def test_training_goes_on_after_driver_worker_and_head_were_killed(tmp_path):
    whole = make_project(tmp_path / "whole", n_rows=24)
    assert train(whole, *SETTINGS, timeout=TIMEOUT).returncode == 0
    project = make_project(tmp_path / "killed", n_rows=24)

    def go(machines, **kwargs):
        return train(project, *SETTINGS, f"runtime.rl.ray_address={machines.address}", timeout=TIMEOUT, **kwargs)

    def once_after(step, kill):
        killed = []

        def at(saved):
            if saved >= step and not killed:
                killed.append(saved)
                kill()

        return at

    with two_machines() as machines:
        assert go(machines, kill_at=1).returncode == -9
        without_worker = go(machines, at=once_after(2, machines.kill_worker))
        assert without_worker.returncode > 0
        assert min(without_worker.steps) > 1
        machines.add_worker()
        without_head = go(machines, at=once_after(4, machines.kill_head))
        assert without_head.returncode > 0
        assert min(without_head.steps) > 2
    with two_machines() as machines:
        done = go(machines)
    assert done.returncode == 0, done.stderr[-3000:]
    assert min(done.steps) > 4
    assert guard_of(project) == guard_of(whole)
    assert read_curve(project).equals(read_curve(whole))
