"""A Ray cluster of two nodes on this machine, one of which a test kills while its tasks run."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proguard.runtime.cluster import ray_folder

NODE = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
QUICK_TO_NOTICE = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_failure_threshold": 3,
}
"""Ray takes 15 seconds by default until a silent node counts as dead."""


class TwoNodes:
    """The driver's node and another one; each has one core for tasks."""

    def __init__(self, cluster, other):
        self._cluster, self._other = cluster, other
        self.other = other.node_id

    def kill_other(self):
        """Kill all processes of the other node at once, the way a power cut does."""
        self._cluster.remove_node(self._other, allow_graceful=False)

    @contextmanager
    def kill_other_when(self, is_time: Callable[[], bool], *, timeout_s: float = 60) -> Iterator[None]:
        """Kill the other node as soon as ``is_time``, while the block runs; fail when that never was."""
        killed = threading.Event()

        def watch():
            until = time.monotonic() + timeout_s
            while time.monotonic() < until:
                if is_time():
                    self.kill_other()
                    killed.set()
                    return
                time.sleep(0.02)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        yield
        assert killed.is_set(), "the work was done before the other node was to be killed"


@contextmanager
def two_nodes() -> Iterator[TwoNodes]:
    """Start two nodes, connect to them, and end both whatever happens."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    with ray_folder() as folder, pytest.MonkeyPatch.context() as patch:
        # Ray notes a cluster's address there.
        patch.setenv("RAY_TMPDIR", folder)
        (Path(folder) / "ray").mkdir()
        cluster = Cluster()
        try:
            cluster.add_node(**NODE, include_dashboard=False, temp_dir=folder, _system_config=QUICK_TO_NOTICE)
            other = cluster.add_node(**NODE)
            ray.init(cluster.address, log_to_driver=False)
            yield TwoNodes(cluster, other)
        finally:
            ray.shutdown()
            cluster.shutdown()


def node_here() -> str:
    """Return the id of the node that a task runs on."""
    import ray

    return ray.get_runtime_context().get_node_id()


def leave_mark(folder: Path, name: str) -> None:
    """Say in ``folder`` that this node began work on ``name``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name} {node_here()}").touch()


def marks(folder: Path) -> dict[str, set[str]]:
    """Return the nodes that began work on each name."""
    found: dict[str, set[str]] = {}
    for path in folder.glob("* *"):
        name, node = path.name.rsplit(" ", 1)
        found.setdefault(name, set()).add(node)
    return found
