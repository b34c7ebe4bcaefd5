"""Locks of files and folders that one process at a time may work on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold ``path`` for this process until the block ends; the system frees what a killed process held.

    The lock is the file ``<path>.lock``, which stays: to remove a lock file breaks the lock of whoever waits for it.

    Raises:
        RuntimeError: When another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RuntimeError(
            f"{path}: another process is working on it; wait until that ends, or give this one another output "
            "(of a stage: another folder, runtime.work)"
        ) from None
    try:
        yield
    finally:
        lock.release()
