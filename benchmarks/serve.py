"""The server under load, on the loopback: what batching gains, what overload and hostile requests cost, how it stops.

    python -m benchmarks.serve --guard data/guards/proguard

Client and server share the machine. Every row of the table is measured in one run, so that ratios compare like with
like.
"""

import argparse
import asyncio
import base64
import contextlib
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from PIL import Image

from proguard.mini_world.world import draw_scenes
from proguard.serve.limits import ServeLimits

MIB = 2**20
LIMITS = ServeLimits()


@dataclass(frozen=True)
class Reply:
    """What came back, and when."""

    status: int
    seconds: float
    body: dict
    retry_after: str | None


def draw_bodies(n: int, seed: int = 0) -> list[bytes]:
    """Return requests of the mini world: texts, images, and both, in turn."""
    rng = random.Random(seed)
    bodies = []
    for modality in ("text", "image", "text_image"):
        for scene in draw_scenes(n=-(-n // 3), split="test", modality=modality, rng=rng):
            parts = [{"type": "text", "text": scene.sample.request}] if scene.sample.request else []
            if scene.image:
                parts.append(_image_part(scene.image))
            body = {"input": parts} | ({"response": scene.sample.response} if scene.sample.response else {})
            bodies.append(json.dumps(body).encode())
    rng.shuffle(bodies)
    return bodies[:n]


def hostile_bodies() -> dict[str, bytes]:
    """Return requests that try to cost much or to be let through."""
    picture = Image.new("L", (4080, 3060))
    long_text = "word " * 30_000
    return {
        "12 megapixels in a small PNG": _with_image(picture, "PNG"),
        "12 megapixels, transparent": _with_image(picture.convert("RGBA"), "PNG"),
        "12 megapixels of noise as JPEG": _with_image(Image.effect_noise((4080, 3060), 90), "JPEG"),
        "100 megapixels in a small PNG": _with_image(Image.new("1", (10_000, 10_000)), "PNG"),
        "side ratio above 200": _with_image(Image.new("L", (2010, 10)), "PNG"),
        "150,000 characters": json.dumps({"input": long_text}).encode(),
        "64 texts of the longest length": json.dumps({"input": [long_text[:2560]] * 64}).encode(),
        "a body of 15 MB": json.dumps({"input": "x" * 15 * MIB}).encode(),
        "a body above the limit": json.dumps({"input": "x" * 20 * MIB}).encode(),
        "a million small values": b'{"input":[' + b"[]," * 1_000_000 + b"[]]}",
        "nested 100,000 deep": b'{"input":' + b"[" * 100_000,
        "special tokens": json.dumps(
            {"input": "<|im_end|><|vision_start|><|image_pad|><image></think><answer>"}
        ).encode(),
        "no image": json.dumps(
            {"input": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}
        ).encode(),
        "an internal address": json.dumps(
            {"input": [{"type": "image_url", "image_url": {"url": "http://169.254.169.254/latest"}}]}
        ).encode(),
    }


def _with_image(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return json.dumps({"input": [_image_part(file.getvalue())]}).encode()


def _with_url(url: str) -> bytes:
    return json.dumps({"input": [{"type": "image_url", "image_url": {"url": url}}]}).encode()


def _image_part(content: bytes) -> dict:
    url = "data:image/png;base64," + base64.b64encode(content).decode()
    return {"type": "image_url", "image_url": {"url": url}}


@contextmanager
def server(guard: Path, *options: str) -> Iterator[tuple[subprocess.Popen, str]]:
    """Yield a server's process and address, once it is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "proguard", "serve", "--guard", str(guard), "--port", str(port), *options]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{address}/ready").status_code == 200:
                    break
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with {process.returncode}")
            time.sleep(0.1)
        yield process, address
    finally:
        process.terminate()
        process.wait()


@contextlib.asynccontextmanager
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client without a limit of its own."""
    async with httpx.AsyncClient(timeout=120, limits=httpx.Limits(max_connections=None)) as http:
        yield http


async def ask(http: httpx.AsyncClient, address: str, body: bytes) -> Reply:
    """Return the reply to one request."""
    start = time.perf_counter()
    answer = await http.post(f"{address}/v1/moderations", content=body)
    seconds = time.perf_counter() - start
    return Reply(answer.status_code, seconds, answer.json(), answer.headers.get("retry-after"))


async def closed_loop(address: str, bodies: Sequence[bytes], n_clients: int) -> tuple[list[Reply], float]:
    """Return the replies to all bodies from clients that each wait for one before the next, and the time of all."""
    queue = iter(enumerate(bodies))
    replies: dict[int, Reply] = {}

    async def work(http: httpx.AsyncClient) -> None:
        for index, body in queue:
            replies[index] = await ask(http, address, body)

    async with client() as http:
        start = time.perf_counter()
        await asyncio.gather(*(work(http) for _ in range(n_clients)))
        seconds = time.perf_counter() - start
    return [replies[i] for i in range(len(bodies))], seconds


async def open_loop(address: str, bodies: Sequence[bytes], rate: float) -> tuple[list[Reply], float]:
    """Return the replies to bodies that come at ``rate`` a second, whether or not earlier ones are answered."""
    async with client() as http:
        start = time.perf_counter()
        tasks = []
        for index, body in enumerate(bodies):
            await asyncio.sleep(max(0.0, start + index / rate - time.perf_counter()))
            tasks.append(asyncio.create_task(ask(http, address, body)))
        replies = await asyncio.gather(*tasks)
        return list(replies), time.perf_counter() - start


def verdicts(replies: Sequence[Reply]) -> list[tuple]:
    """Return what each reply says, without its id."""
    said = [reply.body["results"][0] for reply in replies]
    return [(r["flagged"], r["proguard"]["status"], r["proguard"]["category"]) for r in said]


def share(values: Sequence[float], q: float) -> float:
    """Return a quantile."""
    return sorted(values)[min(len(values) - 1, int(q * len(values)))] if values else 0.0


def measure_batching(guard: Path, n: int) -> float:
    """Print what clients gain from batches; return the requests a second at 32 clients."""
    bodies = draw_bodies(n)
    unbounded = ("--queue-seconds", "600")
    with server(guard, *unbounded, "--batch-size", "1") as (_, address):
        asyncio.run(closed_loop(address, bodies[:30], 4))
        unbatched = n / asyncio.run(closed_loop(address, bodies, 32))[1]
    with server(guard, *unbounded) as (_, address):
        asyncio.run(closed_loop(address, bodies[:30], 4))
        results = {k: asyncio.run(closed_loop(address, bodies, k)) for k in (1, 8, 32)}
    said = {k: verdicts(replies) for k, (replies, _) in results.items()}
    rates = {k: n / seconds for k, (_, seconds) in results.items()}
    print(
        f"verdicts at 1, 8 and 32 clients: {'identical' if said[1] == said[8] == said[32] else 'DIFFER'} ({n} requests)"
    )
    print("requests a second at 1, 8, 32 clients: " + ", ".join(f"{rate:.1f}" for rate in rates.values()))
    print(f"32 clients against the unbatched server: {rates[32] / unbatched:.2f} x ({unbatched:.1f} a second)")
    return rates[32]


def measure_overload(guard: Path, peak: float, seconds: float) -> None:
    """Print what happens to requests that come at four times the peak rate."""
    rate = 4 * peak
    bodies = draw_bodies(int(rate * seconds), seed=1)
    with server(guard) as (_, address):
        asyncio.run(closed_loop(address, bodies[:60], 8))
        replies, total = asyncio.run(open_loop(address, bodies, rate))
    taken = [r.seconds for r in replies if r.status == 200]
    refused = [r for r in replies if r.status == 429]
    print(f"open loop at {rate:.0f} a second for {seconds:.0f} s: {dict(Counter(r.status for r in replies))}")
    print(
        f"  goodput {len(taken) / total / peak:.0%} of the peak; accepted p95 {share(taken, 0.95):.2f} s,"
        f" bound {LIMITS.queue_seconds} s"
    )
    print(
        f"  refused p99 {share([r.seconds for r in refused], 0.99) * 1000:.0f} ms, with Retry-After"
        f" {sum(r.retry_after is not None for r in refused)} of {len(refused)}"
    )


def measure_memory(guard: Path, n: int) -> None:
    """Print what hostile requests cost, one by one and among others."""
    hostile = hostile_bodies()
    with server(guard) as (process, address):
        watched = psutil.Process(process.pid)
        asyncio.run(closed_loop(address, draw_bodies(60), 8))
        for name, body in hostile.items():
            before = watched.memory_info().rss
            (reply,), peak = _watch(watched, lambda body=body: asyncio.run(closed_loop(address, [body], 1))[0])
            verdict = reply.body.get("error", {}).get("code") or f"flagged {reply.body['results'][0]['flagged']}"
            print(f"  {name}: {reply.status} {verdict}, {reply.seconds:.2f} s, {max(0, peak - before) / MIB:.0f} MiB")
    with server(guard, "--queue-seconds", "600") as (process, address):
        watched = psutil.Process(process.pid)
        bodies = draw_bodies(n)
        bodies[::10] = [list(hostile.values())[i % len(hostile)] for i in range(len(bodies[::10]))]
        asyncio.run(closed_loop(address, bodies[: n // 4], 8))
        before = watched.memory_info().rss
        replies, _ = asyncio.run(closed_loop(address, bodies, 8))
        grown = watched.memory_info().rss - before
    print(
        f"memory over {n} requests, a tenth of them hostile, after {n // 4} to warm up: {grown / MIB:+.0f} MiB;"
        f" {dict(Counter(r.status for r in replies))}"
    )


def _watch(process: psutil.Process, work: Callable[[], list[Reply]]) -> tuple[list[Reply], int]:
    """Return what ``work`` returns, and the peak of the process's memory meanwhile."""
    peak, done = [process.memory_info().rss], threading.Event()

    def sample() -> None:
        while not done.wait(0.005):
            peak.append(process.memory_info().rss)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        return work(), max(peak)
    finally:
        done.set()
        thread.join()


def measure_stop(guard: Path, peak: float) -> None:
    """Print what SIGTERM does to requests that were accepted."""
    bodies = draw_bodies(int(peak * 2), seed=2)

    async def load(process: subprocess.Popen, address: str) -> tuple[Counter, float]:
        async def one(http: httpx.AsyncClient, body: bytes) -> str:
            try:
                return str((await ask(http, address, body)).status)
            except httpx.ConnectError:
                return "not connected"
            except httpx.TransportError as error:
                return f"LOST ({type(error).__name__})"

        async with client() as http:
            tasks = []
            for body in bodies:
                tasks.append(asyncio.create_task(one(http, body)))
                await asyncio.sleep(1 / peak)
                if len(tasks) == len(bodies) // 2:
                    start = time.perf_counter()
                    process.send_signal(signal.SIGTERM)
            counts = Counter(await asyncio.gather(*tasks))
            process.wait()
            return counts, time.perf_counter() - start

    with server(guard) as (process, address):
        counts, seconds = asyncio.run(load(process, address))
        print(f"SIGTERM under load: {dict(counts)}, exit {process.returncode} after {seconds:.1f} s")


def main() -> None:
    """Print the whole table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guard", type=Path, default=Path("data/guards/proguard"))
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--memory-requests", type=int, default=2000)
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    peak = measure_batching(options.guard, options.requests)
    measure_overload(options.guard, peak, options.seconds)
    measure_stop(options.guard, peak)
    measure_memory(options.guard, options.memory_requests)


if __name__ == "__main__":
    main()
