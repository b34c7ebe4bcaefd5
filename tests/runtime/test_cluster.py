import os
import tempfile
from pathlib import Path

import pytest

from proguard.inference.sockets import MAX_PARENT_BYTES, shorten_socket_paths
from proguard.runtime.cluster import check_answer, connect, ray_folder


@pytest.mark.slow
def test_connect_local_starts_a_cluster_and_ends_it(long_tmpdir, monkeypatch):
    import ray

    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with connect("local"):
        assert ray.get(ray.remote(lambda: 7).remote()) == 7
        with connect("127.0.0.1:1"):  # The open connection is used,
            assert ray.is_initialized()
        assert ray.is_initialized()  # and left open.
    assert not ray.is_initialized()


@pytest.mark.slow
@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1", "ray://127.0.0.1:1"])
def test_connect_without_a_cluster_at_the_address_is_an_error(address: str):
    with pytest.raises(ConnectionError, match=f"auto or the host:port of one that runs, found {address} "):
        connect(address).__enter__()


def test_ray_folder_of_a_long_tmpdir_is_short_and_removed(long_tmpdir):
    with ray_folder() as folder:
        assert Path(folder).is_dir()
        assert len(Path(folder).parent.as_posix()) <= MAX_PARENT_BYTES
    assert not Path(folder).exists()


@pytest.mark.parametrize("variable", ["TMPDIR", "RAY_TMPDIR"])
def test_ray_folder_is_made_in_a_short_folder_of_the_user(variable, long_tmpdir, monkeypatch):
    with tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as short:
        monkeypatch.setenv(variable, short)
        monkeypatch.setattr(tempfile, "tempdir", None)
        with ray_folder() as folder:
            assert Path(folder).parent == Path(short)


def test_ray_folder_of_a_folder_that_is_not_there_is_made_elsewhere(monkeypatch):
    monkeypatch.setenv("RAY_TMPDIR", "/nosuch")
    with ray_folder() as folder:
        assert os.access(folder, os.W_OK)


def test_ray_folder_without_any_short_folder_names_the_variable(long_tmpdir, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OSError, match="set RAY_TMPDIR to a short path"):
        ray_folder().__enter__()
    shorten_socket_paths()  # Most stages need no sockets.


@pytest.mark.parametrize("variable", ["TMPDIR", "RAY_TMPDIR"])
def test_ray_folder_of_a_relative_path_is_absolute(variable, monkeypatch, long_tmpdir):
    with tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as short:
        monkeypatch.chdir(short)
        Path("t").mkdir()
        monkeypatch.setenv(variable, "t")
        monkeypatch.setattr(tempfile, "tempdir", None)
        with ray_folder() as folder:
            assert Path(folder).parent == Path(short) / "t"


@pytest.mark.parametrize("address", ["garbage", "127.0.0.1:1", "host:port", "ray://127.0.0.1:1", ":", "http://x"])
def test_ray_address_without_a_cluster_is_refused_by_name(address, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(ConnectionError, match=f"in RAY_ADDRESS the host:port of one that runs, found {address} "):
        check_answer("auto")
    check_answer("local")


@pytest.mark.parametrize("address", ["", "auto", "local"])
def test_ray_address_that_names_no_machine_is_left_to_ray(address, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", address)
    check_answer("auto")
