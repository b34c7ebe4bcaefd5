"""Tracking with MLflow: one run per pipeline run, its stages as children. It never decides whether a stage succeeds.

This module is the boundary: whatever MLflow, git or the file system raise here is one warning. Files come first, so
that nothing is lost but the copy. `proguard.runtime.mlflow_runs` says what is logged.
"""

import logging
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from proguard.errors import first_line
from proguard.runtime import mlflow_runs
from proguard.runtime.mlflow_runs import StageRun, Status

T = TypeVar("T")

_KILLED = {signal.SIGTERM.value, *(128 + number.value for number in (signal.SIGTERM, signal.SIGHUP))}
"""Exit codes of a stage that was asked to end; the bare number is Ray's."""

_LOG = logging.getLogger(__name__)


class _Boundary:
    """Calls that must not fail: the first failure is a warning, later ones are not worth another."""

    def __init__(self) -> None:
        self.run: StageRun | None = None
        self.has_failed = False

    def call(self, action: Callable[[], T]) -> T | None:
        """Return what ``action`` returns, or ``None`` when it raises anything."""
        try:
            return action()
        except Exception as error:
            level = logging.DEBUG if self.has_failed else logging.WARNING
            reason = f"{type(error).__name__}: {first_line(error)}"
            _LOG.log(level, "MLflow: the stage goes on, but is tracked in part or not at all (%s)", reason)
            self.has_failed = True
            return None


_current = _Boundary()


@contextmanager
def track_stage(stage: str, params: Mapping[str, Any]) -> Iterator[None]:
    """Run the block as a child run named ``stage``; end that run whatever the block raises.

    Args:
        stage: Name of the stage; inside DVC its full name, such as ``predict@base-test``, is used.
        params: The whole of params.yaml.
    """
    global _current
    _current = boundary = _Boundary()
    boundary.run = boundary.call(lambda: mlflow_runs.open_run(stage, params))
    status: Status = "FAILED"
    try:
        yield
        status = "FINISHED"
    except BaseException as error:
        status = "KILLED" if _is_kill(error) else "FAILED"
        raise
    finally:
        run, boundary.run = boundary.run, None
        if run is not None:
            boundary.call(lambda: mlflow_runs.close_run(run, status, params))


def log_step(metrics: Mapping[str, float], step: int) -> None:
    """Log the numbers of one training step to the stage's run; without one, or after a failure, this does nothing."""
    run = _current.run
    if run is not None and not _current.has_failed:
        _current.call(lambda: mlflow_runs.log_numbers(run, metrics, step))


def _is_kill(error: BaseException) -> bool:
    """Return whether an exception means that somebody ended the stage."""
    return isinstance(error, KeyboardInterrupt) or (isinstance(error, SystemExit) and error.code in _KILLED)
