"""Ray clusters: the connection to one, and the folder of one that is started here.

Every machine of a cluster needs this project and its packages, and the files that tasks read at the same paths.
"""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

CONNECT_SECONDS = 10.0
"""Longest wait for an answer at an address. Ray itself would ask for minutes."""

MAX_PARENT_BYTES = 20
"""Longest path of a folder that a cluster's own folder is made in.

A socket's path has at most 107 bytes. Below this folder come ``/ray-xxxxxxxx`` (13) and Ray's own
``/ray/session_<date>_<pid>/sockets/plasma_store.<n>`` (at most 72).
"""


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
    wanted = os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()
    for parent in (wanted, "/tmp", "/dev/shm"):
        if len(os.fsencode(parent)) > MAX_PARENT_BYTES:
            continue
        try:
            folder = tempfile.TemporaryDirectory(prefix="ray-", dir=parent, ignore_cleanup_errors=True)
        except OSError:
            continue
        with folder as name:
            yield name
        return
    raise OSError(
        f"Ray's sockets need a folder whose path has at most {MAX_PARENT_BYTES} bytes; found {wanted} (RAY_TMPDIR, "
        "TMPDIR), and neither /tmp nor /dev/shm can be written: set RAY_TMPDIR to a short path"
    )


def check_answer(address: str) -> None:
    """Raise unless something answers at ``host:port``; ``local`` and ``auto`` pass.

    Raises:
        ConnectionError: When nothing does, or the address has another form.
    """
    if address in ("local", "auto"):
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"Ray cluster: expected local, auto or the host:port of one that runs, found {address} ({error}); start it "
            "with `ray start --head`, or set the address to null"
        ) from error
