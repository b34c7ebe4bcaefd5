"""The connection to a Ray cluster, for the stages that share their work out to one.

Every machine of the cluster needs this project and its packages, and the files that tasks read at the same paths.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

CONNECT_SECONDS = 10.0
"""Longest wait for an answer at an address. Ray itself would ask for minutes."""


@contextmanager
def connect(address: str) -> Iterator[None]:
    """Be connected to a cluster while the block runs; a connection that is open already is used, and left open.

    Args:
        address: ``local`` starts a cluster on this machine, which ends with the block; ``auto`` finds the one that
            runs here; else ``host:port``.

    Raises:
        ConnectionError: When there is no cluster at the address.
    """
    # Ray reports its use to its makers unless it is told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    if ray.is_initialized():
        yield
        return
    if address not in ("local", "auto"):
        _check_answer(address)
    ray.init(address, include_dashboard=False if address == "local" else None)
    try:
        yield
    finally:
        ray.shutdown()


def _check_answer(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"Ray cluster: expected local, auto or the host:port of one that runs, found {address} ({error}); start it "
            "with `ray start --head`, or set the address to null"
        ) from error
