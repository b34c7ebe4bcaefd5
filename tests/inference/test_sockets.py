import os
import tempfile
from pathlib import Path

import pytest

from proguard.inference.sockets import MAX_PARENT_BYTES, MAX_VLLM_BYTES, shorten_socket_paths


def test_socket_paths_of_a_long_tmpdir_are_short_and_other_files_stay_in_it(long_tmpdir):
    shorten_socket_paths()
    assert len(os.environ["RAY_TMPDIR"]) <= MAX_PARENT_BYTES
    assert len(os.environ["VLLM_RPC_BASE_PATH"]) <= MAX_VLLM_BYTES
    assert tempfile.gettempdir() == str(long_tmpdir)


@pytest.mark.parametrize("name", ["RAY_TMPDIR", "VLLM_RPC_BASE_PATH"])
@pytest.mark.parametrize(("value", "is_kept"), [("/tmp", True), ("t", False), ("/" + "x" * 80, False)])
def test_socket_paths_of_the_user_are_kept_unless_relative_or_long(name, value, is_kept, monkeypatch):
    monkeypatch.setenv(name, value)
    shorten_socket_paths()
    assert (os.environ[name] == value) == is_kept
    assert Path(os.environ[name]).is_absolute()
