"""The server as a process of its own, and how much memory it takes."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx
import psutil

T = TypeVar("T")

MIB = 2**20


def free_port() -> int:
    """Return a port that nothing listens to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def server(guard: Path, *options: str) -> Iterator[tuple[psutil.Popen, str]]:
    """Yield a server's process and address, once it is ready."""
    port = free_port()
    command = [sys.executable, "-m", "proguard", "serve", "--guard", str(guard), "--port", str(port), *options]
    with running(command, ready=f"http://127.0.0.1:{port}/ready") as process:
        yield process, f"http://127.0.0.1:{port}"


@contextmanager
def running(command: list[str], *, ready: str) -> Iterator[psutil.Popen]:
    """Yield the process of a command once the address ``ready`` answers 200; end it in the end.

    Raises:
        RuntimeError: When it ends before.
    """
    process = psutil.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"})
    try:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(ready, trust_env=False).status_code == 200:
                    break
            if process.poll() is not None:
                raise RuntimeError(f"{' '.join(command)}: ended with {process.returncode}")
            time.sleep(0.1)
        yield process
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
        try:
            process.wait(15)
        except psutil.TimeoutExpired:
            process.kill()


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a server's process and those that it started, such as its engine's."""
    return [process, *process.children(recursive=True)]


def memory_of(processes: Sequence[psutil.Process]) -> int:
    """Return the bytes that processes hold together."""
    return sum(process.memory_info().rss for process in processes)


def watch(processes: Sequence[psutil.Process], work: Callable[[], T]) -> tuple[T, int]:
    """Return what ``work`` returns, and the most bytes that the processes held together meanwhile."""
    peak, done = [memory_of(processes)], threading.Event()

    def sample() -> None:
        while not done.wait(0.005):
            peak.append(memory_of(processes))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        return work(), max(peak)
    finally:
        done.set()
        thread.join()
