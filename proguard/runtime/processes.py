"""Processes by name: machine, pid and start, which together never come twice."""

import re
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

_FORM = re.compile(r"(?P<machine>\S+) (?P<pid>\d+) (?P<start>\d+\.\d\d)")
_COMMANDS = ("dvc", "dvc.exe")


@dataclass(frozen=True, slots=True)
class Process:
    """A process of some machine."""

    machine: str
    pid: int
    start: str
    """Seconds since 1970, with two decimals."""

    def __str__(self) -> str:
        return f"{self.machine} {self.pid} {self.start}"

    @classmethod
    def of(cls, process: psutil.Process) -> "Process":
        """Return the name of a process of this machine."""
        return cls(socket.gethostname(), process.pid, f"{process.create_time():.2f}")

    @classmethod
    def parse(cls, text: str) -> "Process | None":
        """Read what ``str`` gave; ``None`` for anything else."""
        match = _FORM.fullmatch(text)
        return cls(match["machine"], int(match["pid"]), match["start"]) if match else None

    def is_alive(self) -> bool:
        """Return whether the process runs on this machine."""
        try:
            process = psutil.Process(self.pid)
            return f"{process.create_time():.2f}" == self.start and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def this_process() -> Process:
    """Return the name of our own process."""
    return Process.of(psutil.Process())


def pipeline_process() -> Process:
    """Return the outermost `dvc` process above this one; a stage run by hand is a pipeline of its own."""
    dvc = find_dvc()
    return Process.of(dvc) if dvc else this_process()


def find_dvc() -> psutil.Process | None:
    """Return the outermost `dvc` process above this one; ``None`` for a stage run by hand."""
    above = [p for p in psutil.Process().parents() if _runs_dvc(p)]
    return above[-1] if above else None


def _runs_dvc(process: psutil.Process) -> bool:
    try:
        return any(Path(part).name in _COMMANDS for part in process.cmdline()[:3])
    except psutil.Error:  # Another user's process, or one that just ended.
        return False
