"""Signals that end a process as an error would, and with it what it started."""

import contextlib
import signal
import sys
from types import FrameType

import psutil

_ENDING = (signal.SIGTERM, signal.SIGHUP)

GRACE_SECONDS = 30
"""Time that processes get to end on SIGTERM: a training ends its Ray first."""


def exit_on_signals() -> None:
    """Make SIGTERM and SIGHUP raise ``SystemExit`` in the main thread, so that clean-up runs."""
    for number in _ENDING:
        signal.signal(number, _exit)


def end_children() -> None:
    """End all processes below this one: on SIGTERM, and on SIGKILL what is left after `GRACE_SECONDS`."""
    left = psutil.Process().children(recursive=True)
    for end in (psutil.Process.terminate, psutil.Process.kill):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                end(process)
        _, left = psutil.wait_procs(left, GRACE_SECONDS)


def _exit(number: int, frame: FrameType | None) -> None:
    for each in _ENDING:  # Nothing interrupts the clean-up.
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)
