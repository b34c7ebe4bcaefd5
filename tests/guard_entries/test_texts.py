"""Texts of prompts: packaged as they were published, or fetched and checked."""

import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from proguard.guard_entries.texts import find_text, read_constant

CODE = "LIST = '''\\na: b\\n'''\nPROMPT = f'''\\n<BEGIN>\\n{LIST}\\n<END>\\n'''\nN = 3\nOTHER = f'{call()}'\n"


@pytest.fixture
def address():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(CODE.encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/prompts.py"
        server.shutdown()


@pytest.mark.parametrize(
    ("name", "length", "sha256"),
    [
        ("wildguard", 412, "5e74b62445cc"),
        ("dyna_guard", 953, "6c3ac24503e0"),
        ("poly_guard", 805, "3fd9567dbe88"),
        ("shieldgemma_request", 413, "103e288cfe7e"),
        ("shieldgemma_response", 492, "14debb1540c0"),
    ],
)
def test_packaged_text_is_the_published_one(name, length, sha256):
    text = find_text(name, "x")
    assert (len(text), hashlib.sha256(text.encode()).hexdigest()[:12]) == (length, sha256)


def test_text_that_is_not_packaged_names_those_that_are():
    with pytest.raises(ValueError, match="guards.g.texts.t: no text 'x'; there are .*wildguard"):
        find_text("x", "guards.g.texts.t")


def test_constant_is_read_without_running_the_code(address):
    assert find_text({"url": address, "constant": "PROMPT"}, "x") == "\n<BEGIN>\n\na: b\n\n<END>\n"
    assert find_text({"url": address}, "x") == CODE


def test_text_with_another_hash_is_refused(address):
    with pytest.raises(ValueError, match="guards.g.texts.t: expected a text with sha256 abc, found"):
        find_text({"url": address, "sha256": "abc"}, "guards.g.texts.t")


def test_wrong_source_names_its_key(address):
    with pytest.raises(ValueError, match="guards.g.texts.t.constnat: "):
        find_text({"url": address, "constnat": "PROMPT"}, "guards.g.texts.t")


@pytest.mark.parametrize("name", ["N", "OTHER", "missing"])
def test_constant_that_is_no_text_names_those_that_are(name):
    with pytest.raises(ValueError, match=f"x: the file has no text {name}; it has LIST, PROMPT"):
        read_constant(CODE, name, "x")
