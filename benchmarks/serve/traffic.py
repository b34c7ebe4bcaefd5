"""Requests of the mini world, and clients that send them in a closed or an open loop."""

import asyncio
import base64
import contextlib
import json
import math
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from proguard.mini_world.world import draw_scenes
from proguard.sample import MODALITIES

LOST, REFUSED = "lost", "no connection"
"""What stands for the status of a request that got no answer, and of one whose connection was not taken."""


@dataclass(frozen=True)
class Reply:
    """What came back, and when."""

    status: int | str
    seconds: float
    body: Mapping[str, Any]
    retry_after: str | None = None

    @property
    def code(self) -> str | None:
        """The error's code; ``None`` of a 200."""
        return self.body.get("error", {}).get("code")

    @property
    def is_closed(self) -> bool:
        """Whether it lets nothing pass: no answer, an error, or results that are all flagged."""
        return self.status != 200 or all(result["flagged"] is True for result in self.body["results"])


def draw_bodies(n: int, seed: int = 0) -> list[bytes]:
    """Return requests of the mini world: texts, images, and both, in equal parts."""
    rng = random.Random(seed)
    bodies = []
    for modality in MODALITIES:
        for scene in draw_scenes(n=-(-n // len(MODALITIES)), split="test", modality=modality, rng=rng):
            parts = [{"type": "text", "text": scene.sample.request}] if scene.sample.request else []
            if scene.image:
                parts.append(image_part(scene.image))
            body = {"input": parts} | ({"response": scene.sample.response} if scene.sample.response else {})
            bodies.append(json.dumps(body).encode())
    rng.shuffle(bodies)
    return bodies[:n]


def image_part(content: bytes) -> dict[str, Any]:
    """Return an image as a part of ``input``."""
    return {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(content).decode()}}


@contextlib.asynccontextmanager
async def client(*, keep: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client without a limit of its own; without ``keep`` each request has a connection of its own."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None if keep else 0)
    async with httpx.AsyncClient(timeout=120, limits=limits, trust_env=False) as http:
        yield http


async def ask(http: httpx.AsyncClient, address: str, body: bytes) -> Reply:
    """Return the reply to one request."""
    start = time.perf_counter()
    try:
        answer = await http.post(f"{address}/v1/moderations", content=body)
    except httpx.ConnectError:
        return Reply(REFUSED, time.perf_counter() - start, {})
    except httpx.TransportError:
        return Reply(LOST, time.perf_counter() - start, {})
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


def verdict(reply: Reply) -> tuple[Any, ...]:
    """Return what a reply of one result says, without its id and score."""
    (result,) = reply.body["results"]
    details = result["proguard"]
    return result["flagged"], details["status"], details["request"], details["response"], details["category"]


def statuses(replies: Sequence[Reply]) -> str:
    """Return how often each status came.

    >>> statuses([Reply(200, 0.1, {}), Reply(429, 0.1, {}), Reply(200, 0.1, {})])
    '2 of 200, 1 of 429'
    """
    counts = Counter(str(reply.status) for reply in replies)
    return ", ".join(f"{n} of {status}" for status, n in sorted(counts.items()))


def quantile(values: Sequence[float], q: float) -> float:
    """Return the value that a share ``q`` of ``values`` is at most; 0 without values.

    >>> quantile([4, 1, 3, 2], 0.5)
    2
    """
    return sorted(values)[max(0, math.ceil(q * len(values)) - 1)] if values else 0.0
