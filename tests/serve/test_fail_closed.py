"""Engines that raise, hang, return garbage or are slow; full queues; servers that stop: never safe by mistake."""

import asyncio
import os
import signal
import threading
import time

import httpx
import psutil
import pytest

from proguard.inference.engine import Completion
from proguard.moderate.engine_process import EngineProcess
from proguard.serve.limits import ServeLimits
from tests.moderate.engines import FailingEngine, RuleEngine, say
from tests.serve.servers import asking, make_service, rule, serving, wait_until


def is_closed(answer) -> bool:
    """Return whether an answer lets nothing pass that was not judged safe."""
    if answer.status_code != 200:
        return "error" in answer.json()
    return all(result["flagged"] is True for result in answer.json()["results"])


class OddEngine:
    """Answers the first call well, the server's own, and then gives ``completions``."""

    def __init__(self, completions):
        self.completions = completions
        self.calls = 0

    def complete(self, queries):
        self.calls += 1
        return [Completion(say())] * len(queries) if self.calls == 1 else self.completions


@pytest.mark.parametrize(
    "completions",
    [
        [],
        None,
        "safe",
        [None],
        [say()],
        [Completion(say())] * 3,
        [Completion("")],
        [Completion("safe")],
        [Completion("Request:safe\nCategory:None")],
        [Completion(say() + say())],
        [Completion(say(response="safe"))],
        [Completion("", finish="refused")],
        [Completion(say()[:-1], finish="length")],
    ],
)
def test_engine_that_returns_garbage_lets_nothing_pass(completions):
    with asking(OddEngine(completions)) as client:
        assert is_closed(client.post("/v1/moderations", json={"input": "a"}))
        assert client.post("/classify", json={"input": "a"}).json().get("data", [{"label": "unsafe"}])[0]["label"] == (
            "unsafe"
        )
        body = {"input_type": "request", "texts": ["a"]}
        assert client.post("/beta/litellm_basic_guardrail_api", json=body).json().get("action") != "NONE"


@pytest.mark.parametrize("error", [RuntimeError(), MemoryError(), OSError(), ValueError(), TimeoutError()])
def test_engine_that_raises_lets_nothing_pass(error):
    with asking(FailingEngine(rule, poison="poison", error=error)) as client:
        assert is_closed(client.post("/v1/moderations", json={"input": "poison"}))
        assert client.post("/v1/moderations", json={"input": "fine"}).status_code == 200


class HangingEngine(RuleEngine):
    """Hangs on a text with `hang` until it is released."""

    def __init__(self):
        super().__init__(rule)
        self.released = threading.Event()

    def complete(self, queries):
        if any("hang" in query.messages[1]["content"] for query in queries):
            self.released.wait(30)
        return super().complete(queries)


def test_engine_that_hangs_gives_a_timeout_and_ends_readiness_until_it_goes_on():
    engine = HangingEngine()
    with asking(engine, limits={"request_seconds": 0.3}) as client:
        answer = client.post("/v1/moderations", json={"input": "hang"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "timeout")
        assert client.get("/ready").json()["error"]["code"] == "engine_stalled"
        assert client.post("/v1/moderations", json={"input": "fine"}).json()["error"]["code"] == "engine_stalled"
        engine.released.set()
        wait_until(lambda: client.get("/ready").status_code == 200)
        assert client.post("/v1/moderations", json={"input": "fine"}).json()["results"][0]["flagged"] is False


class SlowEngine(RuleEngine):
    def complete(self, queries):
        time.sleep(0.05 * len(queries))
        return super().complete(queries)


async def ask_all(address, n, seconds=60):
    async with httpx.AsyncClient(timeout=seconds, limits=httpx.Limits(max_connections=None)) as client:
        calls = [client.post(f"{address}/v1/moderations", json={"input": f"bad {i}"}) for i in range(n)]
        return await asyncio.gather(*calls)


@pytest.mark.slow
def test_full_queue_refuses_at_once_and_answers_what_it_took():
    limits = {"queue_seconds": 0.5, "queue_prompts": 20, "batch_prompts": 4}
    with serving(make_service(SlowEngine(rule), limits=limits)) as address:
        answers = asyncio.run(ask_all(address, 80))
    refused = [a for a in answers if a.status_code == 429]
    taken = [a for a in answers if a.status_code == 200]
    assert len(refused) + len(taken) == 80
    assert min(len(refused), len(taken)) > 0
    assert all(a.json()["error"]["code"] == "queue_full" and int(a.headers["retry-after"]) >= 1 for a in refused)
    assert all(is_closed(a) for a in taken)
    assert max(a.elapsed.total_seconds() for a in taken) < 5


def load_slow_engine():
    return SlowEngine(rule)


@pytest.mark.slow
def test_engine_process_that_is_killed_under_load_lets_nothing_pass_and_is_replaced():
    engine = EngineProcess(load_slow_engine)
    (child,) = engine._pool._processes
    timer = threading.Timer(0.5, os.kill, (child, signal.SIGKILL))
    with serving(make_service(engine, limits={"batch_prompts": 4})) as address:
        timer.start()
        answers = asyncio.run(ask_all(address, 40))
        assert not psutil.pid_exists(child)
        assert httpx.post(f"{address}/v1/moderations", json={"input": "fine"}).json()["results"][0]["flagged"] is False
    engine.close()
    assert all(is_closed(answer) for answer in answers)
    assert {200} <= {answer.status_code for answer in answers} <= {200, 429, 503}


@pytest.mark.slow
def test_client_that_goes_away_is_not_judged():
    engine = HangingEngine()
    with serving(make_service(engine)) as address:
        for text in ("hang", "gone", "gone"):
            with pytest.raises(httpx.ReadTimeout):
                httpx.post(f"{address}/v1/moderations", json={"input": text}, timeout=0.3)
        before = sum(engine.batches)
        engine.released.set()
        answer = httpx.post(f"{address}/v1/moderations", json={"input": "fine"}, timeout=30)
    assert answer.json()["results"][0]["flagged"] is False
    assert sum(engine.batches) <= before + 4


def test_body_that_comes_too_slowly_is_refused():
    with asking(limits={"request_seconds": 0.2}) as client:

        def slow():
            yield b'{"input"'
            time.sleep(0.5)
            yield b': "a"}'

        answer = client.post("/v1/moderations", content=slow())
    assert answer.status_code in (200, 408)


def test_default_limits_leave_room_for_the_largest_image():
    limits = ServeLimits()
    assert limits.body_bytes > limits.image_bytes * 4 / 3
    assert limits.bodies_bytes >= 4 * limits.body_bytes
