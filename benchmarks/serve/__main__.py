"""Prints and writes the whole table; server and clients share the machine, on the loopback.

    python -m benchmarks.serve --guard data/guards/proguard --out serve.json

All of it comes from one run, so that ratios compare like with like: about fifteen minutes on two cores.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import psutil

from benchmarks.serve.bulk import measure_bulk
from benchmarks.serve.faults import measure_faults, measure_stop
from benchmarks.serve.finding import Finding, table
from benchmarks.serve.memory import measure_growth, measure_hostile
from benchmarks.serve.speed import measure_batching, measure_overload

PARTS = ("speed", "stop", "faults", "hostile", "memory", "bulk")


def main() -> int:
    """Measure, and return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--guard", type=Path, default=Path("data/guards/proguard"))
    parser.add_argument("--out", type=Path, help="file for the findings as JSON")
    parser.add_argument("--requests", type=int, default=300, help="of each closed loop")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the open loop")
    parser.add_argument("--memory-requests", type=int, default=2000)
    parser.add_argument("--rows", type=int, default=600, help="of bulk moderation")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    start, loads = time.perf_counter(), [os.getloadavg()[0]]
    findings: list[Finding] = []
    for part in options.only:
        for finding in measure(part, options):
            sys.stderr.write(f"{'ok' if finding.holds else 'NO'}  {finding.what}: {finding.measured}\n")
            findings.append(finding)
        loads.append(os.getloadavg()[0])
    machine = {
        "seconds": round(time.perf_counter() - start),
        "load_averages": [round(load, 1) for load in loads],
        "cores": psutil.cpu_count(),
    }
    if options.out is not None:
        content = {"machine": machine, "findings": [asdict(finding) for finding in findings]}
        options.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{table(findings)}\n\n{json.dumps(machine)}\n")
    return 0 if all(finding.holds for finding in findings) else 1


def measure(part: str, options: argparse.Namespace) -> Iterable[Finding]:
    """Yield the findings of a part."""
    match part:
        case "speed":
            findings, options.peak = measure_batching(options.guard, options.requests)
            yield from findings
            yield from measure_overload(options.guard, options.peak, options.seconds)
        case "stop":
            yield from measure_stop(options.guard, getattr(options, "peak", 20.0))
        case "faults":
            yield from measure_faults(options.guard)
        case "hostile":
            yield from measure_hostile(options.guard)
        case "memory":
            yield measure_growth(options.guard, options.memory_requests)
        case "bulk":
            yield from measure_bulk(options.guard, options.rows)


if __name__ == "__main__":
    sys.exit(main())
