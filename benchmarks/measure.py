"""Runs a command and prints its time and the peak memory of all its processes.

    python -m benchmarks.measure make repro

Memory is the sum of the processes' proportional set sizes (PSS), so that shared pages count once, sampled each second.
"""

import subprocess
import sys
import time

import psutil


def tree_bytes(pid: int) -> int:
    """Return the PSS of a process and its descendants, in bytes; those that end meanwhile count 0."""
    total = 0
    try:
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def main() -> int:
    """Run the command line's command and return its exit status."""
    start, peak = time.monotonic(), 0
    process = subprocess.Popen(sys.argv[1:])
    while process.poll() is None:
        peak = max(peak, tree_bytes(process.pid))
        time.sleep(1)
    seconds = time.monotonic() - start
    sys.stderr.write(f"{seconds:.0f} s, peak {peak / 2**30:.2f} GiB, exit {process.returncode}\n")
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
