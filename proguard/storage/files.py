"""Atomic writes, and the file formats of the pipeline: JSON, JSON lines, tables.

Each file or folder is written under a temporary name in the same folder, then renamed.
"""

import errno
import json
import os
import re
import shutil
import socket
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import psutil


@contextmanager
def atomic_file(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path that becomes ``path`` when the block ends without an error.

    The file gets the mode of a file that `open` creates, whatever mode the block gave it. Several processes may write
    ``path`` at a time: the last one that ends wins.
    """
    path = Path(path)
    temporary = _temporary(path)
    temporary.touch()
    mode = temporary.stat().st_mode
    try:
        yield temporary
        temporary.chmod(mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """Yield an empty temporary folder that becomes ``path``, replacing it, when the block ends without an error.

    Its files get the mode of a file that `open` creates. Several processes may write ``path`` at a time: the last one
    that ends wins, with all of its files and none of another's.
    """
    path = Path(path)
    temporary = _temporary(path)
    temporary.mkdir()
    mode = temporary.stat().st_mode & 0o666
    try:
        yield temporary
        for file in temporary.rglob("*"):
            if file.is_file() and not file.is_symlink():
                file.chmod(mode)
        _replace_folder(path, temporary)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _replace_folder(path: Path, new: Path) -> None:
    """Rename ``new`` to ``path``; what was there is moved aside first, because a rename replaces no filled folder."""
    while True:
        old = _temporary(path)
        with suppress(FileNotFoundError):
            path.rename(old)
        try:
            new.rename(path)
            return
        except OSError as error:
            # Another process put its folder there between the two renames.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        finally:
            _remove(old)


def _temporary(path: Path) -> Path:
    """Return an unused name in the folder of ``path``, which is made; removes what killed processes left there.

    The name tells machine and process, so that what a live process or another machine is writing stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    start = f".{path.name}.{socket.gethostname()}-"
    for entry in path.parent.iterdir():
        process = re.fullmatch(re.escape(start) + r"(\d+)-[0-9a-f]{32}\.tmp", entry.name)
        if process and not psutil.pid_exists(int(process[1])):
            _remove(entry)
    return path.with_name(f"{start}{os.getpid()}-{uuid.uuid4().hex}.tmp")


def _remove(path: Path) -> None:
    """Remove a file or a folder; another process may be doing the same."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def write_json(content: Any, path: Path | str) -> None:
    """Write ``content`` as JSON with sorted keys, so that equal content is equal bytes."""
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path | str) -> Any:
    """Return the content of a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def read_json_lines(path: Path, *, may_be_cut: bool = False) -> Iterator[Any]:
    """Yield the content of each line of a file; empty lines are left out.

    Lines end at line feeds only. `str.splitlines` also splits at U+2028, U+0085 and six more characters, which JSON
    allows inside a text.

    Args:
        path: UTF-8 file, read line by line.
        may_be_cut: Whether a writer that was killed, or is still writing, may have left a last line without its line
            feed; it is left out.

    Raises:
        ValueError: When a line is not JSON; the message names file and line.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.isspace() or (may_be_cut and not line.endswith(b"\n")):
                continue
            try:
                yield json.loads(line)
            except ValueError as error:
                raise ValueError(f"{path} line {number}: expected JSON: {error}") from error


def append_json_lines(file: BinaryIO, contents: Iterable[Any]) -> None:
    """Append a line for each of ``contents`` and flush, so that a kill after this loses none of them."""
    file.write(b"".join(json.dumps(content).encode() + b"\n" for content in contents))
    file.flush()


def write_table(table: pl.DataFrame, path: Path | str) -> None:
    """Write a table as parquet; equal tables give equal bytes."""
    with atomic_file(path) as temporary:
        table.write_parquet(temporary, compression="zstd", statistics=False)
