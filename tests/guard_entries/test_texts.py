"""Texts of prompts: packaged as they were published, or fetched and checked."""

import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from proguard.guard_entries.texts import find_text, read_constant

CODE = """\
LIST = "\\na: b\\n"
PROMPT = f"\\n<BEGIN>\\n{LIST.strip()}\\n<END>\\n"
DOUBLED = '{{"a": {slot}}}'
N = 3
OTHER = f"{call()}"
"""


@pytest.fixture
def published(monkeypatch):
    """The place of CODE on a server in GitHub's stead."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/owner/name/abc/deploy/prompts.py" else 404)
            self.end_headers()
            self.wfile.write(CODE.encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        monkeypatch.setattr("proguard.guard_entries.texts.RAW", f"http://127.0.0.1:{server.server_port}")
        yield {"repository": "owner/name", "commit": "abc", "file": "deploy/prompts.py"}
        server.shutdown()


@pytest.mark.parametrize(
    ("name", "length", "sha256"),
    [
        ("wildguard", 412, "5e74b62445cc"),
        ("dyna_guard", 953, "6c3ac24503e0"),
        ("poly_guard", 805, "3fd9567dbe88"),
        ("nemotron_reasoning", 758, "903e96f53401"),
    ],
)
def test_packaged_text_is_the_published_one(name, length, sha256):
    text = find_text(name, "x")
    assert (len(text), hashlib.sha256(text.encode()).hexdigest()[:12]) == (length, sha256)


def test_text_that_is_not_packaged_names_those_that_are():
    with pytest.raises(ValueError, match="guards.g.texts.t: no text 'x'; there are .*wildguard"):
        find_text("x", "guards.g.texts.t")


def test_constant_is_read_without_running_the_code(published):
    assert find_text({**published, "constant": "PROMPT"}, "x") == "\n<BEGIN>\na: b\n<END>\n"
    assert find_text({**published, "constant": "DOUBLED", "doubled_braces": True}, "x") == '{"a": {slot}}'
    assert find_text(published, "x") == CODE


def test_text_with_another_hash_is_refused(published):
    with pytest.raises(ValueError, match="guards.g.texts.t: expected a text with sha256 abc, found"):
        find_text({**published, "sha256": "abc"}, "guards.g.texts.t")


def test_text_of_a_file_on_this_machine(tmp_path):
    (tmp_path / "t.txt").write_bytes(b"a\r\nb")
    assert find_text({"path": str(tmp_path / "t.txt")}, "x") == "a\r\nb"
    with pytest.raises(FileNotFoundError, match=r"guards.g.texts.t.path: no file .*none.txt; put the text there"):
        find_text({"path": str(tmp_path / "none.txt")}, "guards.g.texts.t")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"repository": "a/b", "commit": "c", "file": "d", "constnat": "P"}, "guards.g.texts.t.constnat: "),
        ({"repository": "a/b"}, "guards.g.texts.t: .*expected repository, commit and file, or path"),
        (
            {"repository": "a/b", "commit": "c", "file": "d", "path": "e"},
            "expected repository, commit and file, or path",
        ),
    ],
)
def test_wrong_source_names_its_key(source, message):
    with pytest.raises(ValueError, match=message):
        find_text(source, "guards.g.texts.t")


@pytest.mark.parametrize("name", ["N", "OTHER", "missing"])
def test_constant_that_is_no_text_names_those_that_are(name):
    with pytest.raises(ValueError, match=f"x.constant: the file has no text {name}; it has LIST, PROMPT"):
        read_constant(CODE, name, "x")
