"""A tracking store that cannot be used is one line, within seconds."""

import shutil
import time

import pytest

from proguard.cli import main
from proguard.runtime.store import open_store
from tools.closure import ROOT

SECONDS = 5
"""MLflow's own retries take minutes."""

RUNS = ("0" * 32, "1" * 32)


@pytest.fixture
def place(tmp_path, monkeypatch):
    for name in ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "damaged.db").write_bytes(b"no database at all" * 999)
    (tmp_path / "empty_folder").mkdir()
    return tmp_path


URIS = {
    "closed port": "http://127.0.0.1:9",
    "closed port of a user": "http://me:secret@127.0.0.1:9",
    "no address": "http://no such host",
    "unknown scheme": "foo://bar",
    "damaged database": "sqlite:///damaged.db",
    "database in a file": "sqlite:///damaged.db/mlflow.db",
    "database in a folder that cannot be written": "sqlite:////proc/mlflow.db",
    "database that is a folder": "sqlite:///empty_folder",
}


@pytest.mark.parametrize("uri", URIS.values(), ids=URIS)
def test_open_store_that_cannot_be_used_names_it_within_seconds(uri, place):
    started = time.monotonic()
    with pytest.raises(ConnectionError) as raised:
        open_store(uri, may_be_new=True)
    assert time.monotonic() - started < SECONDS
    said = str(raised.value)
    assert uri.replace("me:secret@", "") in said
    assert "secret" not in said
    assert "\n" not in said


def test_open_store_of_an_absent_database_makes_none_unless_told(place):
    with pytest.raises(ConnectionError, match=r"no database new/mlflow\.db; set MLFLOW_TRACKING_URI"):
        open_store("sqlite:///new/mlflow.db", may_be_new=False)
    assert not (place / "new").exists()


@pytest.mark.slow
def test_open_store_makes_an_absent_database(place):
    assert open_store("sqlite:///new/mlflow.db", may_be_new=True).search_experiments()


@pytest.mark.parametrize("command", [["compare", *RUNS], ["release", "--register", "tiny"]], ids=["compare", "release"])
@pytest.mark.parametrize("uri", [URIS["closed port"], URIS["damaged database"]])
def test_command_without_its_store_is_one_line(command, uri, place, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    shutil.copy(ROOT / "params.yaml", place)
    with pytest.raises(SystemExit) as exit_:
        main(command)
    said = capsys.readouterr().err
    assert (exit_.value.code, said.count("\n")) == (2, 1)
    assert said.startswith(f"proguard {command[0]}: MLflow: {uri} cannot be used")
