"""What batching gains, and what happens to requests that come faster than they can be judged."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from benchmarks.serve.finding import Finding
from benchmarks.serve.process import server
from benchmarks.serve.traffic import Reply, closed_loop, draw_bodies, open_loop, quantile, statuses, verdict
from proguard.serve.limits import ServeLimits

CLIENTS = (1, 8, 32)
OVERLOAD = 4
UNBOUNDED = ("--queue-seconds", "600")


def measure_batching(guard: Path, n: int) -> tuple[list[Finding], float]:
    """Return the findings on clients that wait for their answers, and the requests a second at the most clients."""
    bodies = draw_bodies(n)
    with server(guard, *UNBOUNDED, "--batch-size", "1") as (_, address):
        asyncio.run(closed_loop(address, bodies[:30], 4))
        single, seconds = asyncio.run(closed_loop(address, bodies, CLIENTS[-1]))
    unbatched = n / seconds
    with server(guard, *UNBOUNDED) as (_, address):
        asyncio.run(closed_loop(address, bodies[:30], 4))
        runs = [asyncio.run(closed_loop(address, bodies, clients)) for clients in CLIENTS]
    said = [[verdict(reply) for reply in replies] for replies in (single, *(replies for replies, _ in runs))]
    rates = [n / seconds for _, seconds in runs]
    n_different = sum(len(set(each)) > 1 for each in zip(*said, strict=True))
    ratio = rates[-1] / unbatched
    shown = ", ".join(f"{rate:.1f}" for rate in rates)
    return [
        Finding(
            f"verdicts at 1, 8 and 32 clients and of the unbatched server, {n} requests,"
            f" {len(set(said[0]))} verdicts in all",
            f"{n_different} differ",
            "identical",
            n_different == 0 and len(set(said[0])) > 3,
        ),
        Finding(
            "32 clients against the unbatched server",
            f"{ratio:.2f} x ({shown} requests/s at 1, 8, 32 clients; unbatched {unbatched:.1f})",
            ">= 2 x",
            ratio >= 2,
        ),
    ], rates[-1]


def measure_overload(guard: Path, peak: float, seconds: float) -> Iterator[Finding]:
    """Yield the findings on requests that come at `OVERLOAD` times the peak rate."""
    rate = OVERLOAD * peak
    distinct = draw_bodies(300)
    n = int(rate * seconds)
    with server(guard) as (_, address):
        known = [verdict(reply) for reply in asyncio.run(closed_loop(address, distinct, 8))[0]]
        replies, total = asyncio.run(open_loop(address, (distinct * (n // 300 + 1))[:n], rate))
    taken = [(i, reply) for i, reply in enumerate(replies) if reply.status == 200]
    n_wrong = sum(verdict(reply) != known[i % 300] for i, reply in taken)
    yield Finding(
        f"open loop at {rate:.0f} requests/s, {OVERLOAD} x the peak, for {seconds:.0f} s",
        f"{statuses(replies)}; {n_wrong} verdicts of the accepted differ from those without load",
        "no 5xx, the same verdicts",
        {reply.status for reply in replies} <= {200, 429} and n_wrong == 0,
    )
    goodput = len(taken) / total / peak
    yield Finding("its goodput", f"{goodput:.0%} of the peak", ">= 80 %", goodput >= 0.8)
    yield from _latencies([reply for _, reply in taken], [reply for reply in replies if reply.status == 429])


def _latencies(taken: list[Reply], refused: list[Reply]) -> Iterator[Finding]:
    p99 = quantile([reply.seconds for reply in refused], 0.99)
    n_said = sum(reply.retry_after is not None for reply in refused)
    yield Finding(
        "its refusals",
        f"p99 {p99 * 1000:.0f} ms, Retry-After in {n_said} of {len(refused)}",
        "p99 <= 100 ms, each with Retry-After",
        p99 <= 0.1 and n_said == len(refused) > 0,
    )
    p95, bound = quantile([reply.seconds for reply in taken], 0.95), ServeLimits().queue_seconds
    yield Finding(
        "its accepted requests",
        f"p95 {p95:.2f} s",
        f"<= {1.5 * bound:g} s, 1.5 x the queue's bound",
        p95 <= 1.5 * bound,
    )
