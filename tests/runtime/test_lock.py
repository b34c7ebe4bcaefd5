import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proguard.runtime.lock import exclusive

HOLD = """
import sys
from pathlib import Path
from proguard.runtime.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(path: Path) -> Iterator[subprocess.Popen]:
    """Run a process that holds ``path`` until its input ends or it is killed."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], **pipes) as process:
        process.stdout.readline()
        yield process
        process.stdin.close()


def test_exclusive_path_of_another_process_is_refused_until_that_ends(tmp_path: Path):
    with (
        held(tmp_path / "a"),
        pytest.raises(RuntimeError, match=r"a: another process is working on it; .*runtime\.work"),
    ):
        exclusive(tmp_path / "a").__enter__()
    with exclusive(tmp_path / "a"):
        pass


def test_exclusive_path_of_a_killed_process_is_free(tmp_path: Path):
    with held(tmp_path / "a") as other:
        other.kill()
    with exclusive(tmp_path / "a"):
        pass


def test_exclusive_paths_do_not_hinder_each_other(tmp_path: Path):
    with held(tmp_path / "a"), exclusive(tmp_path / "b"):
        pass


def test_exclusive_of_an_error_is_free_again(tmp_path: Path):
    with pytest.raises(KeyError), exclusive(tmp_path / "a"):
        raise KeyError
    with exclusive(tmp_path / "a"):
        pass


@pytest.mark.parametrize("what", ["file", "folder"])
def test_exclusive_path_whose_lock_file_is_removed_is_still_held(tmp_path: Path, what: str):
    path = tmp_path / "folder" / "a"
    with exclusive(path):
        path.with_name("a.lock").unlink() if what == "file" else shutil.rmtree(path.parent)
        with pytest.raises(RuntimeError, match="another process is working on it"):
            exclusive(path).__enter__()
        with pytest.raises(RuntimeError, match="another process is working on it"):
            exclusive(path.parent / "x" / ".." / "a").__enter__()
    with exclusive(path):
        pass


def test_exclusive_leaves_no_file(tmp_path: Path):
    with exclusive(tmp_path / "a"):
        pass
    assert not list(tmp_path.iterdir())


def test_exclusive_refused_leaves_the_lock_of_the_other(tmp_path: Path):
    with exclusive(tmp_path / "a"):
        with pytest.raises(RuntimeError):
            exclusive(tmp_path / "a").__enter__()
        assert (tmp_path / "a.lock").exists()
