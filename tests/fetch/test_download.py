import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from proguard.fetch.download import ATTEMPTS, download_file
from proguard.fetch.verify import hash_file

pytestmark = pytest.mark.slow

BODY = b"a few rows\n" * 1000
SHA256 = hashlib.sha256(BODY).hexdigest()

Answer = Callable[[BaseHTTPRequestHandler], None]


def status(code: int) -> Answer:
    return lambda handler: handler.send_error(code)


def send(body: bytes, handler: BaseHTTPRequestHandler, *, announced: int | None = None) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(announced or len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def move(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "/elsewhere")
    handler.end_headers()


whole: Answer = partial(send, BODY)
cut: Answer = partial(send, BODY[:50], announced=len(BODY))


@dataclass
class Server:
    """A server that gives ``answers`` in turn, the last one again and again."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    n_requests: int = 0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    script = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = script.answers[min(script.n_requests, len(script.answers) - 1)]
            script.n_requests += 1
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=partial(http.serve_forever, poll_interval=0.01))
        thread.start()
        script.url = f"http://127.0.0.1:{http.server_port}/rows.csv"
        yield script
        http.shutdown()
        thread.join()


def fetch(server: Server, folder: Path, sha256: str | None = SHA256) -> Path:
    path = folder / "cache" / "rows.csv"
    download_file(server.url, path, sha256=sha256, first_wait_seconds=0.001)
    return path


@pytest.mark.parametrize(
    "answers",
    [
        [whole],
        [status(503), whole],
        [status(429), status(500), whole],
        [cut, whole],
        [move, whole],
        [move, cut, move, whole],
    ],
    ids=["whole", "503", "429-500", "cut", "moved", "moved-cut"],
)
def test_download_file_passing_fault_is_tried_again(answers: list[Answer], server: Server, tmp_path: Path):
    server.answers = answers
    assert hash_file(fetch(server, tmp_path)) == SHA256
    assert server.n_requests == len(answers)


@pytest.mark.parametrize("answer", [status(503), cut], ids=["503", "cut"])
def test_download_file_lasting_fault_names_url_and_way_out(answer: Answer, server: Server, tmp_path: Path):
    server.answers = [answer]
    with pytest.raises(ConnectionError, match=rf"{server.url}: .*PROGUARD_MIRROR"):
        fetch(server, tmp_path)
    assert server.n_requests == ATTEMPTS
    assert list((tmp_path / "cache").iterdir()) == []


def test_download_file_not_found_is_not_tried_again(server: Server, tmp_path: Path):
    server.answers = [status(404)]
    with pytest.raises(ConnectionError, match="404"):
        fetch(server, tmp_path)
    assert server.n_requests == 1


def test_download_file_other_bytes_show_both_hashes_and_leave_nothing(server: Server, tmp_path: Path):
    server.answers = [partial(send, b"other")]
    other = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(ValueError, match=f"expected sha256 {SHA256}, found {other}"):
        fetch(server, tmp_path)
    assert list((tmp_path / "cache").iterdir()) == []


def test_download_file_page_in_place_of_data_says_so_and_leaves_nothing(server: Server, tmp_path: Path):
    server.answers = [partial(send, b"<!DOCTYPE html><html>Log in</html>")]
    with pytest.raises(ValueError, match="expected data, found an HTML page"):
        fetch(server, tmp_path, sha256=None)
    assert list((tmp_path / "cache").iterdir()) == []


def test_download_file_unknown_hash_takes_what_comes(server: Server, tmp_path: Path):
    server.answers = [partial(send, b"other")]
    assert fetch(server, tmp_path, sha256=None).read_bytes() == b"other"


def test_download_file_nobody_listens_names_url(tmp_path: Path):
    with pytest.raises(ConnectionError, match=r"http://127\.0\.0\.1:9/rows\.csv"):
        fetch(Server(url="http://127.0.0.1:9/rows.csv"), tmp_path)


def test_download_file_by_several_at_once_is_whole(server: Server, tmp_path: Path):
    server.answers = [whole]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: download_file(server.url, tmp_path / "rows.csv", sha256=SHA256), range(40)))
    assert hash_file(tmp_path / "rows.csv") == SHA256
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
