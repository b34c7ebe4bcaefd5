"""verl in a process of its own, with its Ray: started, and ended however our own process ends."""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from proguard.rl_train.config import Engine, TrainingFiles
from proguard.rl_train.overrides import make_overrides, worker_variables
from proguard.runtime.cluster import ray_folder

PROJECT = Path(__file__).parents[2]
"""What Ray's workers import us from, wherever they run."""

_PR_SET_PDEATHSIG = 1  # linux/prctl.h

_LOG = logging.getLogger(__name__)


@contextlib.contextmanager
def running_verl(
    engine: Engine, overrides: Sequence[str], files: TrainingFiles, *, attempt: str
) -> Iterator[subprocess.Popen]:
    """Start verl in a process group of its own, yield it, and end what is left of it when the block ends.

    Args:
        engine: Which program is started, with which variables.
        overrides: Its command line.
        files: Where the run reads and writes.
        attempt: Name of its log files in ``files.work``: ``<attempt>.log`` and, verl's numbers, ``<attempt>.jsonl``.
    """
    with (files.work / f"{attempt}.log").open("wb") as log, ray_folder() as folder:
        shared = {
            "PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]),
            "HF_DATASETS_CACHE": str(files.work / "datasets"),
            "TOKENIZERS_PARALLELISM": "false",
            "VERL_FILE_LOGGER_PATH": str(files.work / f"{attempt}.jsonl"),
            **engine.environment,
        }
        # Sockets of Ray, of vLLM and of multiprocessing need a short path.
        local = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": folder, "TMPDIR": folder}
        process = subprocess.Popen(
            [sys.executable, "-m", engine.main, *overrides, *make_overrides(worker_variables(shared))],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_own_variables() | local | shared,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        _group_file(files).write_text(str(process.pid))
        try:
            yield process
        finally:
            _end(process)


def _own_variables() -> dict[str, str]:
    """Return our environment without RAY_ADDRESS: which cluster is used is said in runtime.rl.ray_address alone."""
    variables = dict(os.environ)
    if address := variables.pop("RAY_ADDRESS", None):
        _LOG.warning("RAY_ADDRESS=%s is not used by rl_train: set runtime.rl.ray_address to join a cluster", address)
    return variables


def end_leftovers(files: TrainingFiles) -> None:
    """Kill what an earlier start of this very run left of Ray when it was killed: the processes of its group."""
    if not _group_file(files).exists():
        return
    group = int(_group_file(files).read_text())
    for process in psutil.process_iter(["cmdline"]):
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getpgid(process.pid) == group and "ray" in " ".join(process.info["cmdline"] or []):
                process.kill()


def _end(process: subprocess.Popen) -> None:
    """End verl, and whatever its Ray left behind in its group."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            _LOG.warning("verl did not end on %s", sign.name)


def _die_with_parent() -> None:
    """Have Linux kill this process when its parent is gone, so that no orphan trains on next to a later start."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _group_file(files: TrainingFiles) -> Path:
    return files.work / "verl.pgid"
