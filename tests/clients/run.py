"""Runs the checks of this folder in the clients' environment against a server in this one.

    python -m tests.clients.run .work/clients/bin/python [--capture]

The guard answers by rule: a text with `bad` is unsafe, `odd` gets no verdict. With --capture the request bodies that
the clients send become the fixtures of `tests/serve/test_captured.py`.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from starlette.types import Message, Receive, Scope, Send

from proguard.serve.keys import Keys
from tests.serve.servers import KEY, make_service, serving_app

HERE = Path(__file__).parent
CAPTURED = HERE.parent / "serve" / "captured.json"


class Recorder:
    """Passes requests on, and keeps what clients send to the routes that judge."""

    def __init__(self, app) -> None:
        self.app = app
        self.bodies: list[tuple[str, bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()

        async def record() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        await self.app(scope, record, send)
        if scope["type"] == "http" and body:
            self.bodies.append((scope["path"], bytes(body)))


def distinct(bodies: list[tuple[str, bytes]]) -> list[dict]:
    """Return each request once, without what differs from run to run."""
    found = {}
    for path, body in bodies:
        content = json.loads(body)
        for key in ("litellm_call_id", "litellm_trace_id", "request_headers", "request_data", "litellm_version"):
            content.pop(key, None)
        found[json.dumps([path, content], sort_keys=True)] = {"path": path, "body": content}
    return [found[key] for key in sorted(found)]


def main() -> int:
    """Run the checks and return their exit status."""
    with (
        serving_app(make_service(keys=Keys([KEY])), Recorder) as (address, recorder),
        serving_app(make_service(), Recorder) as (open_address, open_recorder),
    ):
        addresses = {"GUARD_ADDRESS": address, "GUARD_OPEN_ADDRESS": open_address, "GUARD_KEY": KEY}
        environment = {**os.environ, **addresses, "PYTHONPATH": ""}
        with tempfile.TemporaryDirectory() as folder:
            # Outside of the package `tests`, which imports what the clients' environment lacks.
            for check in HERE.glob("check_*.py"):
                shutil.copy(check, Path(folder) / f"test_{check.stem}.py")
            command = [Path(sys.argv[1]).absolute(), "-m", "pytest", "-q", "-p", "no:cacheprovider", folder]
            code = subprocess.run(command, env=environment, cwd=folder).returncode
    if "--capture" in sys.argv and code == 0:
        requests = distinct(recorder.bodies + open_recorder.bodies)
        CAPTURED.write_text(json.dumps(requests, indent=1) + "\n", encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
