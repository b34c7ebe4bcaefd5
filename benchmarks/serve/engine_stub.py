"""An engine behind an endpoint that calls everything unsafe, and fails as it is told.

    python -m benchmarks.serve.engine_stub PORT

`POST /mode` with one of `MODES` says how the next requests are answered. Whatever is let through while it runs was let
through by mistake.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from proguard.verdict import Verdict, render

UNSAFE = render(Verdict("unsafe", None, "a risk", "because"))

QUICK = ("well", "no JSON", "no choices", "no verdict", "half a verdict", "two verdicts")
MODES = (*QUICK, "raises", "slow", "hangs")

_TEXTS = {"no verdict": "safe", "half a verdict": UNSAFE[:-12], "two verdicts": UNSAFE + UNSAFE}


class Handler(BaseHTTPRequestHandler):
    """Answers chats of OpenAI's protocol."""

    protocol_version = "HTTP/1.1"
    mode = "well"
    slow_seconds = 0.02
    turn = threading.Lock()
    """Slow answers are given one after the other, as a loaded engine gives them."""

    def do_GET(self) -> None:
        """Say that the engine is there."""
        self._send(200, b"{}")

    def do_POST(self) -> None:
        """Answer, or set the mode."""
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/mode":
            Handler.mode = body.decode()
            return self._send(200, b"{}")
        if self.mode == "raises":
            return self._send(500, b'{"error": {"message": "the engine failed"}}')
        if self.mode == "hangs":
            time.sleep(60)
        if self.mode == "slow":
            with self.turn:
                time.sleep(self.slow_seconds)
        return self._send(200, self._answer())

    def _answer(self) -> bytes:
        if self.mode == "no JSON":
            return b"<html>safe</html>"
        message = {"role": "assistant", "content": _TEXTS.get(self.mode, UNSAFE)}
        choices = [] if self.mode == "no choices" else [{"index": 0, "message": message, "finish_reason": "stop"}]
        return json.dumps(
            {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": choices}
        ).encode()

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
