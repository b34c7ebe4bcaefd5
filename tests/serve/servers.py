"""Servers for tests: the application in process, or behind a real uvicorn on the loopback."""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.testclient import TestClient

from proguard.moderate.guard import Guard
from proguard.serve.app import make_app
from proguard.serve.limits import ServeLimits
from proguard.serve.service import Service
from tests.moderate.engines import RuleEngine, say
from tests.worlds import make_guard_card, taxonomy

KEY = "a key of some length"


def rule(text: str) -> str:
    """Call request or response unsafe where it holds `bad`, by category C2S2; break the format at `odd`."""
    user, *agent = text.split("<user>")[-1].split("<agent>")
    if "odd" in text.split("<user>")[-1]:
        return "hm"
    labels = ["unsafe" if "bad" in side else "safe" for side in (user, *agent)]
    return say(labels[0], labels[1] if agent else None, "C2S2" if "unsafe" in labels else None)


def make_service(engine=None, *, card=None, limits: dict | None = None, **options) -> Service:
    def load() -> Guard:
        if isinstance(engine, Exception):
            raise engine
        return Guard(engine or RuleEngine(rule), card or make_guard_card(), taxonomy())

    return Service(load, limits=ServeLimits(**limits or {}), **options)


@contextmanager
def asking(engine=None, **options) -> Iterator[TestClient]:
    """Yield a client of the application in process, once it is ready."""
    with TestClient(make_app(make_service(engine, **options)), raise_server_exceptions=False) as client:
        wait_until(lambda: client.get("/ready").status_code == 200)
        yield client


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """Yield the address of a real server on the loopback, once it is ready."""
    with serving_app(service, lambda app: app) as (address, _):
        yield address


@contextmanager
def serving_app(service: Service, wrap) -> Iterator[tuple[str, object]]:
    """Yield the address of a real server whose application is wrapped, and the wrapped application."""
    app = wrap(make_app(service))
    server = uvicorn.Server(uvicorn.Config(app, port=0, http="h11", ws="none", log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        wait_until(lambda: service._loaded is not None)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", app
    finally:
        server.should_exit = True
        thread.join()


def wait_until(condition, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def data_url(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def image_part(content: bytes) -> dict:
    return {"type": "image_url", "image_url": {"url": data_url(content)}}
