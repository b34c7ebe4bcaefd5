"""An engine in a process of its own: a server's threads then do not wait for Python's lock while it works."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from proguard.inference.engine import Completion, Engine, Query

_here: dict[str, Engine] = {}
"""In the engine's process: the engine, once it is loaded."""


class EngineProcess:
    """An engine that another process holds. Calls are answered one after the other."""

    def __init__(self, load: Callable[[], Engine]) -> None:
        """Start the process and wait until its engine is loaded; raises whatever loading raises.

        Args:
            load: Loads the engine. It is pickled, so it is a function of a module, or a `functools.partial` of one.
        """
        self._load = load
        self._start().result()

    def complete(self, queries: Sequence[Query]) -> list[Completion]:
        """Return the greedy completion of each query, as the engine does.

        Raises:
            RuntimeError: When the process has ended, as one does that runs out of memory. Another one is started; the
                next call waits for it.
        """
        try:
            return self._pool.submit(_complete, list(queries)).result()
        except BrokenProcessPool:
            self._start()
            raise RuntimeError("the engine's process has ended; another one is started") from None

    def close(self) -> None:
        """End the process once it has answered."""
        self._pool.shutdown()

    def _start(self) -> "Future[None]":
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_follow_parent)
        return self._pool.submit(_keep, self._load)


def _follow_parent() -> None:
    """End this process when its parent is gone, and leave Ctrl-C to the parent, which answers what it accepted."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait_and_exit, args=(multiprocessing.parent_process(),), daemon=True).start()


def _wait_and_exit(parent: Any) -> None:
    parent.join()
    os._exit(0)


def _keep(load: Callable[[], Engine]) -> None:
    _here["engine"] = load()


def _complete(queries: list[Query]) -> list[Completion]:
    return _here["engine"].complete(queries)
