"""Ray clusters: the connection to one, and the folder of one that is started here.

Every machine of a cluster needs this project and its packages, and the files that tasks read at the same paths.
"""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from proguard.inference.sockets import short_folder

CONNECT_SECONDS = 10.0
"""Longest wait for an answer at an address. Ray itself would ask for minutes."""


@contextmanager
def connect(address: str) -> Iterator[None]:
    """Stay connected to a cluster while the block runs; use an open connection if there is one, and leave it open.

    Args:
        address: ``local`` starts a cluster on this machine, which ends with the block; ``auto`` finds the one of
            RAY_ADDRESS, or the one that runs on this machine; otherwise ``host:port``.

    Raises:
        ConnectionError: When there is no cluster at the address.
        OSError: When no folder is short enough for a cluster's sockets.
    """
    # Ray reports its use to its makers unless this is set.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    if ray.is_initialized():
        yield
        return
    is_local = address == "local"
    check_answer(address)
    with ray_folder() if is_local else nullcontext() as folder:
        ray.init(address, include_dashboard=False if is_local else None, _temp_dir=folder)
        try:
            yield
        finally:
            ray.shutdown()


@contextmanager
def ray_folder() -> Iterator[str]:
    """Yield a folder for a cluster that is started here, short enough for Ray's sockets, and remove it at the end.

    It is made in RAY_TMPDIR or TMPDIR, or where those are too long or cannot be written, in /tmp or /dev/shm.

    Raises:
        OSError: When none of them will do.
    """
    with tempfile.TemporaryDirectory(prefix="ray-", dir=short_folder(), ignore_cleanup_errors=True) as folder:
        yield folder


def check_answer(address: str) -> None:
    """Raise unless something answers at ``host:port``, or for ``auto`` at RAY_ADDRESS where that is set.

    Raises:
        ConnectionError: When nothing does, or the address has another form.
    """
    if address == "local":
        return
    expected, asked = "local, auto or the host:port", address
    if address == "auto":
        # An address of Ray's client begins with ray://.
        expected, asked = "in RAY_ADDRESS the host:port", os.environ.get("RAY_ADDRESS") or "auto"
        if asked in ("auto", "local"):
            return
    host, _, port = (asked.removeprefix("ray://") if address == "auto" else asked).rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise ConnectionError(
            f"Ray cluster: expected {expected} of one that runs, found {asked} ({error}); start it "
            "with `ray start --head`, or set the address to null"
        ) from error
