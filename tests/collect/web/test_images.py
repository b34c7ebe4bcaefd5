import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from proguard.collect.web.image import Fault
from proguard.collect.web.images import MAX_SILENT, read_image, write_image
from tests.image_server import BODY, Server, fetch_one, images, is_here, send, status

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_token")]


def test_fetch_order_is_that_of_the_addresses(server: Server, tmp_path: Path):
    names = [f"/{i}.png" for i in range(12)]
    server.answers = {name: [partial(send, body=name.encode())] for name in names}
    server.answers["/0.png"] = [lambda handler: (time.sleep(0.1), send(handler, body=b"/0.png"))]
    asked = [f"{server.url}{name}" for name in [*names, "/0.png"]]
    found = list(images(tmp_path).fetch(asked, is_allowed=is_here))
    assert found == [name.encode() for name in [*names, "/0.png"]]
    assert sorted(server.asked()) == sorted(names)


def test_fetch_second_run_asks_only_for_what_was_missing(server: Server, tmp_path: Path):
    server.answers = {"/a.png": [send], "/b.png": [status(404)]}
    asked = [f"{server.url}/a.png", f"{server.url}/b.png"]
    first = images(tmp_path)
    for _ in range(2):
        assert list(first.fetch(asked, is_allowed=is_here)) == [BODY, Fault("dead link", "HTTP 404")]
    assert sorted(server.asked()) == ["/a.png", "/b.png"]
    list(images(tmp_path).fetch(asked, is_allowed=is_here))
    assert server.asked()[2:] == ["/b.png"]


def test_fetch_changed_file_of_the_cache_is_asked_for_again(server: Server, tmp_path: Path):
    fetch_one(server, [send], tmp_path)
    (path,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert fetch_one(server, [send], tmp_path) == BODY
    assert len(server.requests) == 2


def test_fetch_offline_gives_what_the_last_run_was_given(server: Server, tmp_path: Path):
    server.answers = {"/a.png": [send], "/b.png": [status(404)]}
    asked = [f"{server.url}/a.png", f"{server.url}/b.png"]
    online = list(images(tmp_path).fetch(asked, is_allowed=is_here))
    assert list(images(tmp_path, offline=True).fetch(asked)) == online
    assert len(server.requests) == 2


def test_fetch_offline_never_asked_names_the_first_and_the_way_out(tmp_path: Path):
    write_image(tmp_path / "cache", "http://example.org/a.png", BODY)
    asked = [f"http://example.org/{name}.png" for name in "abc"]
    with pytest.raises(FileNotFoundError, match=r"2 images .* first http://example.org/b.png; .*collect.offline false"):
        next(images(tmp_path, offline=True).fetch(asked))


def test_fetch_offline_image_that_was_found_and_lost_is_no_dead_link(server: Server, tmp_path: Path):
    assert fetch_one(server, [status(404)], tmp_path).detail == "HTTP 404"
    assert fetch_one(server, [send], tmp_path) == BODY
    for path in (tmp_path / "cache").rglob("*"):
        if path.is_file():
            path.write_bytes(b"changed")
    with pytest.raises(FileNotFoundError, match="1 images were never asked for"):
        fetch_one(server, [send], tmp_path, offline=True)


def test_fetch_nobody_answers_stops_the_run(tmp_path: Path):
    asked = [f"http://127.0.0.1:9/{i}.png" for i in range(MAX_SILENT)]
    with pytest.raises(ConnectionError, match="check the network"):
        list(images(tmp_path).fetch(asked, is_allowed=is_here))


def test_fetch_some_answer_among_silent_ones_goes_on(server: Server, tmp_path: Path):
    server.answers["/a.png"] = [status(404)]
    asked = [f"{server.url}/a.png", *(f"http://127.0.0.1:9/{i}.png" for i in range(MAX_SILENT))]
    found = list(images(tmp_path).fetch(asked, is_allowed=is_here))
    assert [fault.detail for fault in found] == ["HTTP 404"] + ["no answer"] * MAX_SILENT


def test_read_image_gives_what_was_written(tmp_path: Path):
    write_image(tmp_path, "http://example.org/a.png", b"")
    assert read_image(tmp_path, "http://example.org/a.png") == b""
    assert read_image(tmp_path, "http://example.org/b.png") is None


WRITE_IMAGES = """
import sys
from pathlib import Path
from proguard.collect.web.images import write_image
for i in range(200):
    write_image(Path(sys.argv[1]), "https://example.org/a.png", b"same")
"""


def test_write_image_by_processes_that_share_a_cache_keeps_it_whole(tmp_path: Path):
    commands = [[sys.executable, "-c", WRITE_IMAGES, str(tmp_path)]] * 3
    processes = [subprocess.Popen(command) for command in commands]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert read_image(tmp_path, "https://example.org/a.png") == b"same"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
