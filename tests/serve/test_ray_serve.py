"""Two replicas on Ray Serve, one killed under load. `make ray-serve-check` runs this; Ray Serve is not in the lock."""

import asyncio
import socket
import time

import httpx
import openai
import psutil
import pytest

pytest.importorskip("grpc_reflection", reason="no Ray Serve")

import ray
from ray import serve

from proguard.serve.ray_serve import build, deploy
from tests.moderate.engines import RuleEngine
from tests.serve.servers import make_service, rule, wait_until
from tools.closure import ROOT

pytestmark = pytest.mark.slow


class SlowEngine(RuleEngine):
    def __init__(self):
        super().__init__(rule)

    def complete(self, queries):
        time.sleep(0.05)
        return super().complete(queries)


@pytest.fixture(scope="module")
def address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    ray.init(num_cpus=4, include_dashboard=False, runtime_env={"env_vars": variables}, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    serve.run(deploy(lambda: make_service(SlowEngine()), replicas=2), name="guard")
    yield f"http://127.0.0.1:{port}"
    serve.shutdown()
    ray.shutdown()


def replicas():
    """Return the processes of the replicas."""
    ours = psutil.Process().children(recursive=True)
    return [process for process in ours if "ServeReplica:guard" in " ".join(process.cmdline())]


async def ask(address, texts, *, retries):
    async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="none", max_retries=retries, timeout=30) as client:

        async def one(text):
            try:
                return (await client.moderations.create(input=text)).results[0].flagged
            except openai.APIError as error:
                return type(error).__name__

        return await asyncio.gather(*(one(text) for text in texts))


def test_replicas_answer_alike(address):
    texts = ["fine", "bad", "odd"] * 20
    assert asyncio.run(ask(address, texts, retries=2)) == [False, True, True] * 20
    assert httpx.get(f"{address}/ready").status_code == 200


@pytest.mark.parametrize("retries", [0, 8])
def test_replica_killed_under_load_loses_nothing_and_makes_nothing_safe(address, retries):
    wait_until(lambda: len(replicas()) == 2, 60)
    texts = ["fine", "bad"] * 150

    async def scenario():
        task = asyncio.create_task(ask(address, texts, retries=retries))
        await asyncio.sleep(0.4)
        replicas()[0].kill()
        return await task

    said = asyncio.run(scenario())
    assert len(said) == len(texts)
    assert all(flagged is not False for flagged in said[1::2])
    assert all(flagged is not True for flagged in said[::2])
    if retries:
        assert said == [False, True] * 150


def test_build_refuses_an_unknown_argument():
    with pytest.raises(ValueError, match="unknown argument replica"):
        build({"guard": "x", "replica": 2})
