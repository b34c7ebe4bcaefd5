"""A Hugging Face hub on localhost that takes pull requests: what huggingface_hub asks of the real one for an upload."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import huggingface_hub
import pytest

TOKEN = "hf_of_the_owner"

_PREUPLOAD = re.compile(r"/api/(?P<kind>models|datasets)/(?P<id>[^/]+/[^/]+)/preupload/main")
_BATCH = re.compile(r"/(?:datasets/)?(?P<id>[^/]+/[^/]+)\.git/info/lfs/objects/batch")
_COMMIT = re.compile(r"/api/(?P<kind>models|datasets)/(?P<id>[^/]+/[^/]+)/commit/main")


@dataclass
class WriteHub:
    """The hub, and what it was given."""

    endpoint: str
    repositories: dict[str, bool] = field(default_factory=dict)
    """Whether each is private."""

    stored: dict[str, bytes] = field(default_factory=dict)
    """Large files by their SHA-256."""

    pull_requests: list[dict[str, bytes]] = field(default_factory=list)
    """Files of each, by path."""

    kinds: list[str] = field(default_factory=list)
    """What each commit was to: models or datasets."""

    pushes_to_main: int = 0


@contextmanager
def serve_write_hub() -> Iterator[WriteHub]:
    """Serve an empty hub until the block ends; huggingface_hub asks it, with `TOKEN`."""
    with pytest.MonkeyPatch.context() as patch, ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.hub = WriteHub(f"http://127.0.0.1:{server.server_port}")
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("HF_TOKEN", TOKEN)
        patch.setattr("huggingface_hub.constants.ENDPOINT", server.hub.endpoint)
        patch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        huggingface_hub.close_session()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.hub
        huggingface_hub.close_session()
        server.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Takes repositories, large files and commits."""

    @property
    def hub(self) -> WriteHub:
        return self.server.hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        url = urlsplit(self.path)
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            self._send(401, {"error": "Invalid username or password."})
        elif url.path == "/api/repos/create":
            self._create(json.loads(body))
        elif url.path == "/api/validate-yaml":
            self._send(200, {"errors": [], "warnings": []})
        elif _PREUPLOAD.fullmatch(url.path):
            self._send(200, {"files": [self._mode(file) for file in json.loads(body)["files"]]})
        elif _BATCH.fullmatch(url.path):
            self._send(200, self._batch(json.loads(body)), "application/vnd.git-lfs+json")
        elif match := _COMMIT.fullmatch(url.path):
            self.hub.kinds.append(match["kind"])
            self._commit(match["id"], body, is_pull_request=parse_qs(url.query).get("create_pr") == ["1"])
        else:
            self._send(404, {"error": f"{url.path}: not known"})

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        self.hub.stored[hashlib.sha256(content).hexdigest()] = content
        self._send(200, {})

    def _create(self, asked: dict) -> None:
        name = f"{asked['organization']}/{asked['name']}"
        if name in self.hub.repositories:
            url = f"{self.hub.endpoint}/{name}"
            return self._send(409, {"error": "You already created this model repo", "url": url})
        self.hub.repositories[name] = asked.get("visibility", "private" if asked.get("private") else "") == "private"
        return self._send(200, {"url": f"{self.hub.endpoint}/{name}"})

    @staticmethod
    def _mode(file: dict) -> dict:
        large = file["path"].endswith(".safetensors")
        return {"path": file["path"], "uploadMode": "lfs" if large else "regular", "shouldIgnore": False, "oid": None}

    def _batch(self, asked: dict) -> dict:
        objects = [
            {**each, "authenticated": True, "actions": {"upload": {"href": f"{self.hub.endpoint}/put", "header": {}}}}
            for each in asked["objects"]
        ]
        return {"transfer": "basic", "objects": objects}

    def _commit(self, name: str, body: bytes, *, is_pull_request: bool) -> None:
        files = {}
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.stored[value["oid"]]
        if is_pull_request:
            self.hub.pull_requests.append(files)
        else:
            self.hub.pushes_to_main += 1
        number = len(self.hub.pull_requests)
        page = f"{self.hub.endpoint}/{name}"
        commit = {"success": True, "commitOid": "c" * 40, "commitUrl": f"{page}/commit/{'c' * 40}"}
        self._send(200, commit | {"hookOutput": "", "pullRequestUrl": f"{page}/discussions/{number}"})

    def _send(self, status: int, content: dict, kind: str = "application/json") -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""
