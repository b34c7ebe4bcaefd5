"""A server of images on this machine, and `WebImages` that ask it as if it were the public net."""

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from proguard.collect.web.image import Fault
from proguard.collect.web.images import WebImages

BODY = b"picture" * 100

Answer = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def send(handler: BaseHTTPRequestHandler, *, body: bytes = BODY, announced: int | None = None) -> None:
    handler.send_response(200)
    if announced is not None:
        handler.send_header("Content-Length", str(announced))
    handler.end_headers()
    handler.wfile.write(body)


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(20):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def move(to: str) -> Answer:
    return status(302, Location=to, Set_Cookie="who=me")


@dataclass
class Server:
    """A server that gives each path its answers in turn, the last one again and again."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def asked(self) -> list[str]:
        return [path for path, _ in self.requests]


@contextlib.contextmanager
def serve(context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve over HTTP, or with ``context`` over HTTPS."""
    served = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests.append((self.path, dict(self.headers)))
            answers = served.answers[self.path]
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                (answers.pop(0) if len(answers) > 1 else answers[0])(self)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    with Quiet(("127.0.0.1", 0), Handler) as http:
        if context is not None:
            http.socket = context.wrap_socket(http.socket, server_side=True)
        served.url = f"http{'s' if context else ''}://localhost:{http.server_port}"
        thread = threading.Thread(target=partial(http.serve_forever, poll_interval=0.01))
        thread.start()
        yield served
        http.shutdown()
        thread.join()


def images(folder: Path, *, offline: bool = False, attempts: int = 1, timeout_seconds: float = 5.0) -> WebImages:
    return WebImages(
        cache=folder / "cache",
        offline=offline,
        max_bytes=len(BODY),
        timeout_seconds=timeout_seconds,
        concurrency=4,
        attempts=attempts,
    )


def is_here(address: object) -> bool:
    """The test server stands for the public net; the rest of this machine does not."""
    return address == ip_address("127.0.0.1")


def fetch_one(server: Server, answers: list[Answer], folder: Path, **settings: Any) -> bytes | Fault:
    server.answers["/a.png"] = answers
    (found,) = images(folder, **settings).fetch([f"{server.url}/a.png"], is_allowed=is_here)
    return found
