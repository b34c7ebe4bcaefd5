"""The model that training starts from: a folder, or a hub that speaks the hub's protocol."""

import functools
import hashlib
import http.server
import json
import subprocess
import sys
import threading
from urllib.parse import unquote

import pytest

from proguard.base_model.fetch import fetch_base_model
from proguard.inference.weights import count_parameters
from tools.closure import ROOT

REVISION = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": b'{"model_type": "tiny"}',
    "model.safetensors": b"weights",
    "model.bin": b"other weights",
    "original/params.json": b"{}",
}


class Hub(http.server.BaseHTTPRequestHandler):
    """The part of the Hugging Face hub's HTTP interface that a snapshot download asks for."""

    def answer(self, body=b"", status=200, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_GET(self):
        path = unquote(self.path.split("?")[0])
        if path == f"/api/models/org/base/revision/{REVISION}":
            siblings = [{"rfilename": name, "size": len(body)} for name, body in FILES.items()]
            self.answer(json.dumps({"id": "org/base", "sha": REVISION, "siblings": siblings}).encode())
        elif path == f"/api/models/org/base/tree/{REVISION}":
            tree = [
                {"type": "file", "path": name, "size": len(body), "oid": hashlib.sha1(body).hexdigest()}
                for name, body in FILES.items()
            ]
            self.answer(json.dumps(tree).encode())
        elif (name := path.removeprefix(f"/org/base/resolve/{REVISION}/")) in FILES:
            etag = f'"{hashlib.sha1(FILES[name]).hexdigest()}"'
            self.answer(FILES[name], X_Repo_Commit=REVISION, ETag=etag)
        else:
            self.answer(b"{}", status=404, X_Error_Code="RepoNotFound")

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def fetch_from(endpoint, output, model="org/base"):
    """Run the download in a process of its own: the hub's address is read on import."""
    code = (
        "import pathlib, proguard.base_model.fetch as b;"
        f"b.fetch_base_model('hub', model={model!r}, revision={REVISION!r}, output=pathlib.Path({str(output)!r}))"
    )
    environment = {
        "HF_ENDPOINT": endpoint, "HF_HOME": str(output / ".hf"), "PYTHONPATH": str(ROOT), "HF_HUB_DISABLE_XET": "1",
    }  # fmt: skip
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_hub_model_comes_at_its_revision_without_other_weights(hub, tmp_path):
    done = fetch_from(hub, tmp_path)
    assert done.returncode == 0, done.stderr
    names = {file.name for file in tmp_path.iterdir() if not file.name.startswith(".")}
    assert names == {"config.json", "model.safetensors"}
    assert (tmp_path / "config.json").read_bytes() == FILES["config.json"]


@pytest.mark.slow
def test_unknown_hub_model_is_an_error(hub, tmp_path):
    done = fetch_from(hub, tmp_path, model="org/nosuch")
    assert done.returncode != 0
    assert "org/nosuch" in done.stderr


def test_hub_model_without_a_revision_is_refused(tmp_path):
    with pytest.raises(ValueError, match="base_model.revision: org/base needs a pinned commit"):
        fetch_base_model("hub", model="org/base", revision=None, output=tmp_path)


def test_folder_without_a_model_says_how_to_build_one(tmp_path):
    fetch = functools.partial(fetch_base_model, "tiny", revision=None, output=tmp_path)
    with pytest.raises(FileNotFoundError, match="python stages/tiny_base.py"):
        fetch(model=str(tmp_path / "absent"))


def test_local_model_is_copied_and_counted(tmp_path):
    fetch_base_model("tiny", model=str(ROOT / "data" / "tiny_base"), revision=None, output=tmp_path)
    assert (tmp_path / "config.json").exists()
    assert 1_000_000 < count_parameters(tmp_path) < 4_000_000
