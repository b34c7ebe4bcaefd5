"""A server on this machine with the OpenAI protocol for chats, raw prompts and moderations; it misbehaves as told."""

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {"prompt_tokens": 100, "completion_tokens": 3, "total_tokens": 103}


def completion(text, **choice):
    """Return the body of an answer."""
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"} | choice]
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": choices, "usage": USAGE}


def raw_completion(text, **choice):
    """Return the body of an answer to a raw prompt."""
    choices = [{"index": 0, "text": text, "finish_reason": "stop", "logprobs": None} | choice]
    return {"id": "c", "object": "text_completion", "created": 0, "model": "m", "choices": choices, "usage": USAGE}


def moderation(result):
    """Return the body of an answer of a moderation API."""
    return {"id": "m", "model": "m", "results": [result]}


def first_tokens(*candidates):
    """Return the log-probabilities of a chat's first tokens; each is a mapping of probability by token, the first said."""
    steps = [
        {
            "token": next(iter(tokens)),
            "bytes": None,
            "logprob": math.log(next(iter(tokens.values()))),
            "top_logprobs": [{"token": t, "bytes": None, "logprob": math.log(p)} for t, p in tokens.items()],
        }
        for tokens in candidates
    ]
    return {"content": steps, "refusal": None}


BODIES = {"/v1/chat/completions": completion, "/v1/completions": raw_completion, "/v1/moderations": moderation}
"""What makes a body of an answer, by path. An answer that is a mapping holds further fields beside its ``text``."""


@dataclass
class FakeEndpoint:
    """What a test sees of the server; ``faults`` has one entry per request to come: a status, or a body."""

    answer: Callable[[dict], str | dict]
    faults: Iterator[int | bytes | str | None] = field(default_factory=lambda: iter(()))
    message: str = "try later"
    code: str | None = None
    seconds: float = 0.0
    url: str = ""
    requests: list[dict] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    n_now: int = 0
    n_most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def serve(answer=lambda request: "C1S1", **settings):
    """Serve until the block ends; ``answer`` makes the completion's text out of the request."""
    endpoint = FakeEndpoint(answer, **settings)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(endpoint))
    server.handle_error = lambda *arguments: None  # a client that is killed hangs up
    endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()


def _handler(endpoint):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with endpoint.lock:
                endpoint.requests.append(request)
                endpoint.paths.append(self.path)
                endpoint.keys.append(self.headers["Authorization"])
                endpoint.n_now += 1
                endpoint.n_most = max(endpoint.n_most, endpoint.n_now)
                fault = next(endpoint.faults, None)
            time.sleep(endpoint.seconds)
            with endpoint.lock:
                endpoint.n_now -= 1
            self.send(request, fault)

        def send(self, request, fault):
            if self.path not in BODIES:
                fault = 404
            if fault == "drop":
                self.close_connection = True
                return
            if isinstance(fault, int):
                error = {"message": endpoint.message, "type": "error", "param": None, "code": endpoint.code}
                self.reply(fault, json.dumps({"error": error}).encode())
            elif fault == "cut":
                self.reply(200, b'{"id": "c"', length=1000)
                self.close_connection = True
            else:
                self.reply(200, fault or json.dumps(self.body(request)).encode())

        def body(self, request):
            answer = endpoint.answer(request)
            if self.path == "/v1/moderations" or isinstance(answer, str):
                return BODIES[self.path](answer)
            return BODIES[self.path](**answer)

        def reply(self, status, body, length=None):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(length or len(body)))
            self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    return Handler
