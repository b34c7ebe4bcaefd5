import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from proguard.storage.files import (
    append_json_lines,
    atomic_file,
    atomic_folder,
    read_json,
    read_json_lines,
    write_json,
)
from tests.separators import SEPARATORS


def test_atomic_file_failure_keeps_the_old_file_and_leaves_nothing_else(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_file(path) as temporary:
        temporary.write_text("new")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_atomic_file_makes_missing_folders(tmp_path: Path):
    with atomic_file(tmp_path / "a/b/c.txt") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "a/b/c.txt").read_text() == "new"


def test_atomic_folder_replaces_the_old_one_whole(tmp_path: Path):
    path = tmp_path / "out"
    for name in ("old", "new"):
        with atomic_folder(path) as folder:
            (folder / name).touch()
    assert [p.name for p in path.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [path]


def test_atomic_folder_failure_keeps_the_old_one(tmp_path: Path):
    path = tmp_path / "out"
    with atomic_folder(path) as folder:
        (folder / "old").touch()
    with pytest.raises(RuntimeError), atomic_folder(path) as folder:
        (folder / "new").touch()
        raise RuntimeError
    assert [p.name for p in path.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [path]


WRITE_FILES = """
import sys
from proguard.storage.files import atomic_file
for _ in range(300):
    with atomic_file(sys.argv[1]) as temporary:
        temporary.write_text(sys.argv[2] * 1000)
"""

WRITE_FOLDERS = """
import sys
from proguard.storage.files import atomic_folder
for _ in range(200):
    with atomic_folder(sys.argv[1]) as folder:
        for name in "abc":
            (folder / name).write_text(sys.argv[2])
"""

HOLD = """
import sys
from proguard.storage.files import atomic_file, atomic_folder
with {atomic}(sys.argv[1]) as temporary:
    (temporary / "a" if temporary.is_dir() else temporary).write_text("held")
    print("open", flush=True)
    sys.stdin.read()
"""


def run_together(code: str, path: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", code, str(path), word]) for word in ("x", "y", "z")]
    assert [process.wait() for process in processes] == [0, 0, 0]


@contextmanager
def held(atomic: str, path: Path) -> Iterator[subprocess.Popen]:
    """Run a process that has ``path`` open for writing, until its input ends or it is killed."""
    code = HOLD.format(atomic=atomic)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code, str(path)], **pipes) as process:
        process.stdout.readline()
        yield process
        process.stdin.close()


def test_atomic_file_written_by_processes_together_is_that_of_one(tmp_path: Path):
    run_together(WRITE_FILES, tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() in [word * 1000 for word in "xyz"]
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_atomic_folder_written_by_processes_together_is_that_of_one(tmp_path: Path):
    run_together(WRITE_FOLDERS, tmp_path / "out")
    assert {p.read_text() for p in (tmp_path / "out").iterdir()} in ({"x"}, {"y"}, {"z"})
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a", "b", "c"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(("atomic", "file"), [("atomic_file", "out"), ("atomic_folder", "out/a")])
def test_atomic_writes_keep_what_a_live_process_is_writing(tmp_path: Path, atomic: str, file: str):
    with held(atomic, tmp_path / "out") as other, atomic_file(tmp_path / "out") as temporary:
        temporary.write_text("mine")
    assert other.returncode == 0
    assert (tmp_path / file).read_text() == "held"


@pytest.mark.parametrize("atomic", ["atomic_file", "atomic_folder"])
def test_atomic_writes_remove_what_a_killed_process_left(tmp_path: Path, atomic: str):
    with held(atomic, tmp_path / "out") as other:
        other.kill()
    assert len(list(tmp_path.iterdir())) == 1
    with atomic_file(tmp_path / "out") as temporary:
        temporary.write_text("mine")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_atomic_writes_keep_foreign_files_with_similar_names(tmp_path: Path):
    foreign = [
        tmp_path / name for name in (".a.txt.tmp", ".a.txt.other-machine-1-" + "0" * 32 + ".tmp", ".b.txt.x-1.tmp")
    ]
    for path in foreign:
        path.touch()
    with atomic_file(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
    assert all(path.exists() for path in foreign)


@pytest.fixture(params=[0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_atomic_writes_give_files_the_mode_that_open_gives(tmp_path: Path, umask: int):
    private = tmp_path / "private"
    private.touch(mode=0o500)
    with atomic_file(tmp_path / "a") as temporary:
        shutil.copy(private, temporary)
    with atomic_folder(tmp_path / "out") as folder:
        (folder / "inner").mkdir()
        shutil.copy(private, folder / "inner/b")
    assert [mode(tmp_path / name) for name in ("a", "out/inner/b")] == [0o666 & ~umask] * 2


def test_atomic_folder_leaves_the_targets_of_links_alone(tmp_path: Path):
    private = tmp_path / "private"
    private.touch(mode=0o600)
    with atomic_folder(tmp_path / "out") as folder:
        (folder / "link").symlink_to(private)
    assert mode(private) == 0o600


def test_write_json_equal_content_is_equal_bytes(tmp_path: Path):
    write_json({"b": 1, "a": "é"}, tmp_path / "one.json")
    write_json({"a": "é", "b": 1}, tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert read_json(tmp_path / "one.json") == {"a": "é", "b": 1}


@pytest.mark.parametrize("separator", SEPARATORS, ids=repr)
def test_read_json_lines_splits_at_line_feeds_only(separator, tmp_path):
    rows = [{"text": f"one{separator}two"}, {"text": "three"}]
    (tmp_path / "a").write_bytes("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
    assert list(read_json_lines(tmp_path / "a")) == rows


def test_read_json_lines_leaves_out_empty_lines_and_takes_a_last_line_without_an_end(tmp_path):
    (tmp_path / "a").write_text('{"a": 1}\r\n\n  \n{"a": 2}')
    assert list(read_json_lines(tmp_path / "a")) == [{"a": 1}, {"a": 2}]


def test_read_json_lines_of_a_cut_file_leaves_out_the_last_line(tmp_path):
    (tmp_path / "a").write_text('{"a": 1}\n{"a": 2}')
    assert list(read_json_lines(tmp_path / "a", may_be_cut=True)) == [{"a": 1}]


def test_read_json_lines_names_file_and_line_of_what_is_not_json(tmp_path):
    (tmp_path / "a").write_text('{"a": 1}\n\n{"a"\n')
    with pytest.raises(ValueError, match=r"a line 3: expected JSON: "):
        list(read_json_lines(tmp_path / "a"))


def test_append_json_lines_is_read_back(tmp_path):
    rows = [{"text": "".join(SEPARATORS)}, [None]]
    with (tmp_path / "a").open("ab") as file:
        append_json_lines(file, rows)
        assert list(read_json_lines(tmp_path / "a")) == rows
