"""What hostile requests cost, one by one and among others."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import psutil

from benchmarks.serve.finding import Finding
from benchmarks.serve.hostile import costly_bodies, odd_bodies
from benchmarks.serve.process import family, memory_of, server, watch
from benchmarks.serve.speed import UNBOUNDED
from benchmarks.serve.traffic import Reply, closed_loop, draw_bodies, statuses

REPEATS = 3


def measure_hostile(guard: Path) -> Iterator[Finding]:
    """Yield the findings on hostile requests that come one at a time."""
    with server(guard) as (process, address):
        asyncio.run(closed_loop(address, draw_bodies(60), 8))
        for name, body in costly_bodies().items():
            yield _cost(name, body, family(process), address)
        odd = asyncio.run(closed_loop(address, list(odd_bodies().values()), 1))[0]
        after = asyncio.run(closed_loop(address, draw_bodies(60), 8))[0]
    n_failed = sum(not _is_answered(reply) for reply in odd)
    yield Finding(
        f"{len(odd)} hostile images and texts of the tests, then {len(after)} usual requests",
        f"{statuses(odd)}; {n_failed} of them a failure; then {statuses(after)}",
        "4xx or a verdict, never a crash",
        n_failed == 0 and {reply.status for reply in after} == {200},
    )


def _cost(name: str, body: bytes, processes: Sequence[psutil.Process], address: str) -> Finding:
    """Return what one request costs: the server's seconds of CPU, which other work on the machine does not add to."""
    seconds, used, most = [], [], 0
    for _ in range(REPEATS):
        before, cpu = memory_of(processes), _cpu_seconds(processes)
        (reply,), peak = watch(processes, lambda: asyncio.run(closed_loop(address, [body], 1))[0])
        seconds.append(reply.seconds)
        used.append(_cpu_seconds(processes) - cpu)
        most = max(most, peak - before)
    said = reply.code or f"flagged {reply.body['results'][0]['flagged']}"
    cpu = median(used)
    return Finding(
        f"one request: {name}",
        f"{reply.status} {said}; {cpu:.2f} s of CPU, {median(seconds):.2f} s in all; {most / 10**6:.0f} MB",
        "4xx or a verdict, <= 1 s of CPU, <= 200 MB",
        _is_answered(reply) and cpu <= 1 and most <= 200 * 10**6,
    )


def _cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes))


def _is_answered(reply: Reply) -> bool:
    return reply.status == 200 or (isinstance(reply.status, int) and 400 <= reply.status < 500)


def measure_growth(guard: Path, n: int) -> Finding:
    """Return how the server's memory grows over ``n`` requests, a tenth of them hostile."""
    hostile = [*costly_bodies().values(), *odd_bodies().values()]
    bodies = draw_bodies(n)
    bodies[::10] = [hostile[i % len(hostile)] for i in range(len(bodies[::10]))]
    n_first = n // 4
    with server(guard, *UNBOUNDED) as (process, address):
        asyncio.run(closed_loop(address, bodies[:n_first], 8))
        before = memory_of(family(process))
        replies, _ = asyncio.run(closed_loop(address, bodies, 8))
        grown = memory_of(family(process)) - before
    n_failed = sum(not _is_answered(reply) for reply in replies)
    return Finding(
        f"memory over {n} requests, a tenth of them hostile, after {n_first} to warm up",
        f"{grown / 10**6:+.0f} MB, from {before / 10**6:.0f} MB; {statuses(replies)}",
        "<= 50 MB, no failure",
        grown <= 50 * 10**6 and n_failed == 0,
    )
