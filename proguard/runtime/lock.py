"""Locks of files and folders that one process at a time may work on."""

import errno
import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold ``path`` for this process until the block ends; the system frees what a killed process held.

    There are two locks. Every machine that shares the folder sees the file ``<path>.lock``, which is removed at the
    end, while it is still locked. This machine sees a name in its kernel, which stays when somebody removes the file.

    Raises:
        RuntimeError: When another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = Path(f"{path}.lock")
    with ExitStack() as held:
        try:
            held.enter_context(_kernel_name(path))
            held.enter_context(FileLock(file, timeout=0))
        except (BlockingIOError, Timeout):
            raise RuntimeError(
                f"{path}: another process is working on it; wait until that ends, or give this one another output "
                "(of a stage: another folder, runtime.work)"
            ) from None
        held.callback(file.unlink, missing_ok=True)
        yield


@contextmanager
def _kernel_name(path: Path) -> Iterator[None]:
    """Hold the address of a socket that is named after ``path``, in Linux's abstract namespace.

    Raises:
        BlockingIOError: When a process of this machine holds it.
    """
    name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()
    with socket.socket(socket.AF_UNIX) as holder:
        try:
            holder.bind(f"\0proguard-{name}")
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise BlockingIOError from error
        yield
