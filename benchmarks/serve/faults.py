"""Engines that fail, full queues and servers that stop: never a 200 that is not flagged."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from benchmarks.serve.engine_stub import MODES, QUICK
from benchmarks.serve.finding import Finding
from benchmarks.serve.process import free_port, running, server
from benchmarks.serve.traffic import LOST, Reply, ask, client, draw_bodies, open_loop, statuses

EXIT_SECONDS = 10
BAR = "never a 200 that is not flagged"


@contextmanager
def failing_engine() -> Iterator[tuple[psutil.Popen, str]]:
    """Yield an engine's process and address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running([sys.executable, "-m", "benchmarks.serve.engine_stub", str(port)], ready=address) as process:
        yield process, address


def measure_faults(guard: Path) -> Iterator[Finding]:
    """Yield the findings on an engine that calls everything unsafe while it works, and then fails."""
    with failing_engine() as (engine, engine_address):
        endpoint = ("--engine", "endpoint", "--endpoint", f"{engine_address}/v1")
        with server(guard, *endpoint) as (_, address):
            for mode in QUICK:
                yield _fault(mode, engine_address, address)
        for mode in MODES[len(QUICK) :]:
            # A server of its own: one that waits for its engine would not show the next fault.
            httpx.post(f"{engine_address}/mode", content="slow" if mode == "slow" else "well")
            with server(guard, *endpoint) as (_, address):
                yield _fault(mode, engine_address, address)
        httpx.post(f"{engine_address}/mode", content="slow")
        with server(guard, *endpoint) as (_, address):
            bodies = draw_bodies(40)
            yield asyncio.run(_killed(engine, address, bodies))


def _fault(mode: str, engine: str, address: str) -> Finding:
    httpx.post(f"{engine}/mode", content=mode)
    n, rate = (300, 300) if mode == "slow" else (24, 1000)
    replies = asyncio.run(open_loop(address, draw_bodies(n), rate))[0]
    what = {"well": "an engine that works", "slow": "a full queue"}.get(mode, f"an engine that gives: {mode}")
    return _closed(what, replies, extra=mode != "slow" or any(reply.status == 429 for reply in replies))


async def _killed(engine: psutil.Popen, address: str, bodies: Sequence[bytes]) -> Finding:
    async with client() as http:
        tasks = [asyncio.create_task(ask(http, address, body)) for body in bodies]
        await asyncio.sleep(1)
        os.kill(engine.pid, signal.SIGKILL)
        tasks += [asyncio.create_task(ask(http, address, body)) for body in bodies]
        return _closed("an engine that is killed under load", await asyncio.gather(*tasks))


def _closed(what: str, replies: Sequence[Reply], *, extra: bool = True) -> Finding:
    n_open = sum(not reply.is_closed for reply in replies)
    holds = n_open == 0 and extra and LOST not in {reply.status for reply in replies}
    return Finding(what, f"{statuses(replies)}; {n_open} not flagged", BAR, holds)


def measure_stop(guard: Path, peak: float) -> Iterator[Finding]:
    """Yield what SIGTERM does to requests that were accepted, by the guard and by a slow engine."""
    with server(guard) as (process, address):
        replies, seconds = asyncio.run(_stop(process, address, draw_bodies(int(peak * 4)), peak))
        yield _stopped("SIGTERM under load", replies, seconds, process.returncode)
    with failing_engine() as (_, engine_address):
        httpx.post(f"{engine_address}/mode", content="slow")
        with server(guard, "--engine", "endpoint", "--endpoint", f"{engine_address}/v1") as (process, address):
            replies, seconds = asyncio.run(_stop(process, address, draw_bodies(20), 20))
    finding = _stopped(
        "SIGTERM while an engine works that calls everything unsafe", replies, seconds, process.returncode
    )
    n_open = sum(not reply.is_closed for reply in replies)
    yield Finding(finding.what, f"{finding.measured}; {n_open} not flagged", BAR, finding.holds and n_open == 0)


def _stopped(what: str, replies: Sequence[Reply], seconds: float, code: int | None) -> Finding:
    lost = sum(reply.status == LOST for reply in replies)
    return Finding(
        what,
        f"{statuses(replies)}; exit {code} after {seconds:.1f} s",
        f"every accepted request answered, exit <= {EXIT_SECONDS} s",
        lost == 0 and code == 0 and seconds <= EXIT_SECONDS and any(reply.status == 200 for reply in replies),
    )


async def _stop(process: psutil.Popen, address: str, bodies: Sequence[bytes], rate: float) -> tuple[list[Reply], float]:
    """Return the replies to requests of which half come before SIGTERM, and the seconds from there to the exit.

    Each has a connection of its own: on a kept one, a request and the server's end may cross.
    """
    async with client(keep=False) as http:
        tasks = []
        for index, body in enumerate(bodies):
            tasks.append(asyncio.create_task(ask(http, address, body)))
            await asyncio.sleep(1 / rate)
            if index == len(bodies) // 2:
                start = time.perf_counter()
                process.send_signal(signal.SIGTERM)
        exited = asyncio.create_task(asyncio.to_thread(process.wait, 60))
        replies = list(await asyncio.gather(*tasks))
        await exited
        return replies, time.perf_counter() - start
