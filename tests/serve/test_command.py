"""`proguard serve` as a process."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from proguard.cli import main
from proguard.guard_folder import seal_guard
from proguard.serve.command import is_loopback
from proguard.serve.keys import VARIABLE, Keys, read_keys
from proguard.serve.server import serve
from tests.serve.servers import KEY, make_service, rule, wait_until
from tests.serve.test_fail_closed import ask_all
from tests.worlds import make_guard_card
from tools.closure import ROOT


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guard")
    shutil.copytree(ROOT / "data" / "tiny_base", folder, dirs_exist_ok=True)
    seal_guard(folder, make_guard_card(), ROOT / "data" / "taxonomy.yaml")
    return folder


def run(*arguments):
    with pytest.raises(SystemExit) as exit_:
        main(["serve", *map(str, arguments)])
    return exit_.value.code


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org"])
def test_public_address_without_a_key_is_refused(host, capsys, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert run("--host", host) == 2
    assert "needs keys" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "is_local"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("", False)]
)
def test_is_loopback(host, is_local):
    assert is_loopback(host) is is_local


def test_guard_that_is_damaged_is_one_line_and_exit_2(tiny, tmp_path, capsys):
    shutil.copytree(tiny, tmp_path / "guard")
    (tmp_path / "guard" / "config.json").write_text("{")
    assert run("--guard", tmp_path / "guard") == 2
    assert "config.json: damaged" in capsys.readouterr().err


def test_read_keys_of_a_file_with_a_byte_order_mark(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "keys").write_text(f"{KEY}\n", encoding="utf-8-sig")
    assert read_keys(tmp_path / "keys")._digests == Keys([KEY])._digests


@pytest.mark.parametrize("key", ["schlüssel von einiger länge", "\ufeff" + KEY, KEY + "\x00"])
def test_keys_that_clients_write_in_different_ways_are_refused(key):
    with pytest.raises(ValueError, match="expected printable ASCII characters in each"):
        Keys([key])


def test_read_keys_takes_environment_and_file(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, f" {KEY} ,, {KEY}2")
    (tmp_path / "keys").write_text(f"{KEY}3\r\n\n")
    assert len(read_keys(tmp_path / "keys")._digests) == 3
    with pytest.raises(ValueError, match="absent"):
        read_keys(tmp_path / "absent")


@pytest.mark.parametrize("host", ["127.0.0.1", "nosuch.invalid"])
def test_address_that_cannot_be_listened_on_is_named(host):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=f"--host {host} --port {port}: cannot be listened on"):
            serve(make_service(rule), host=host, port=port)


def start(*arguments, **environment):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "proguard", "serve", "--port", str(port), *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, env=os.environ | environment)
    return process, f"http://127.0.0.1:{port}"


def is_ready(address):
    try:
        return httpx.get(f"{address}/ready").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_sigterm_under_load_answers_what_was_accepted_and_exits_with_0(tiny):
    process, address = start("--guard", tiny)
    try:
        wait_until(lambda: is_ready(address), 120)

        async def load():
            calls = asyncio.create_task(ask_all(address, 24))
            await asyncio.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            return await calls

        answers = asyncio.run(load())
        assert process.wait(15) == 0
    finally:
        process.kill()
    assert {answer.status_code for answer in answers} <= {200, 429, 503}
    assert all(set(answer.json()) in ({"error"}, {"id", "model", "results"}) for answer in answers)
    log = process.stderr.read().decode()
    assert "bad 1" not in log


@pytest.mark.slow
def test_guard_whose_weights_do_not_load_ends_the_server_with_2(tiny, tmp_path):
    shutil.copytree(tiny, tmp_path / "guard")
    config = json.loads((tiny / "config.json").read_text())
    (tmp_path / "guard" / "config.json").write_text(json.dumps(config | {"model_type": "unheard_of"}))
    seal_guard(tmp_path / "guard", make_guard_card(), ROOT / "data" / "taxonomy.yaml")
    process, _ = start("--guard", tmp_path / "guard")
    try:
        assert process.wait(120) == 2
    finally:
        process.kill()
    assert "unheard_of" in process.stderr.read().decode()
