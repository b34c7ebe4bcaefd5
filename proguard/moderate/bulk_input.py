"""Inputs of bulk moderation: a JSONL or parquet file, or a folder, read row by row; a bad row is an error, not an end.

A row of JSONL or parquet has ``request``, ``response``, and ``image`` or ``images``: paths from the file's folder on,
or, in parquet, encoded bytes or ``{bytes, path}`` as the `datasets` library writes them. In a folder each text file is
a request and each other file an image. A file whose start is a git-lfs pointer, a page or a server's message is a bad
row, as it is not the file that was meant; to have such a text judged, give it in JSONL.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proguard.errors import first_line
from proguard.moderate.item import Item, make_item, read_item
from proguard.storage.stand_in import HEAD_BYTES, describe_no_text, describe_stand_in
from proguard.strict_json import parse_json

if TYPE_CHECKING:
    import pyarrow as pa

TEXT_SUFFIXES = (".txt", ".md")

_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
"""Control characters that texts do not use. UTF-16 without a byte order mark has them, and can be read as UTF-8."""

_COLUMNS = ("id", "request", "response", "image", "images")


@dataclass(frozen=True, slots=True)
class InputRow:
    """One row of an input."""

    number: int
    """From 1 on: the line of a JSONL file."""

    id: str | int | None
    """What the row calls itself; the file's name in a folder."""

    item: Item | None
    error: str | None
    """Why there is no item."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """A row of a parquet file. Its cells are converted one by one, since some hold what Python cannot."""

    batch: "pa.RecordBatch"
    index: int

    def read(self) -> dict[str, Any]:
        """Return the cells by column.

        Raises:
            ValueError: When a cell is a time out of Python's range, a text that is not UTF-8 and the like; the message
                names the column.
        """
        return {name: self._read_cell(name) for name in self.batch.schema.names}

    def _read_cell(self, name: str) -> Any:
        cell = self.batch[name][self.index]
        try:
            value = cell.as_py()
        except Exception as error:  # Whatever Arrow and the types of a column raise.
            raise ValueError(f"{name}: a {cell.type} that cannot be read: {first_line(error)}") from error
        return _images(value) if name in ("image", "images") else value


def list_inputs(path: Path) -> list[Path]:
    """Return the files of an input: itself, or all files of a folder without hidden ones, sorted.

    Raises:
        FileNotFoundError: When there is none.
        ValueError: When a file has another suffix than ``.jsonl`` or ``.parquet``.
    """
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file())
        return [p for p in files if not any(part.startswith(".") for part in p.relative_to(path).parts)]
    if not path.is_file():
        raise FileNotFoundError(f"--input {path}: no such file or folder")
    if path.suffix not in (".jsonl", ".parquet"):
        raise ValueError(f"--input {path}: expected a .jsonl file, a .parquet file or a folder, found {path.suffix!r}")
    return [path]


def read_rows(path: Path, *, start: int = 0) -> Iterator[InputRow]:
    """Yield the rows of an input, without the first ``start`` ones.

    Raises:
        ValueError: When a file holds no rows but a pointer to them or a page, a JSONL file is no text in UTF-8, or a
            parquet file is damaged, has no column of ours, or has one twice.
    """
    if not path.is_dir():
        _check_head(path)
    read = list_inputs if path.is_dir() else _of_parquet if path.suffix == ".parquet" else _of_jsonl
    for number, content in enumerate(read(path), 1):
        if number > start:
            yield _read_row(number, content, path.parent)


def _check_head(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if found := describe_stand_in(head) or (path.suffix == ".jsonl" and describe_no_text(head)):
        raise ValueError(f"--input {path}: found {found}")


def _read_row(number: int, content: Any, folder: Path) -> InputRow:
    """Return a row. Its parser is a boundary: whatever it raises is the row's error."""
    id_ = None
    try:
        if isinstance(content, Path):
            id_ = str(content)
            return InputRow(number, id_, _read_path(content), None)
        if isinstance(content, bytes):
            content = parse_json(content)
        elif isinstance(content, _Cells):
            content = content.read()
        id_ = content.get("id") if isinstance(content, dict) else None
        id_ = id_ if isinstance(id_, str | int | None) else str(id_)
        return InputRow(number, id_, read_item(content, folder=folder), None)
    except Exception as error:
        words = "nested too deep" if isinstance(error, RecursionError) else str(error) or type(error).__name__
        return InputRow(number, id_, None, words)


def _read_path(path: Path) -> Item:
    is_text = path.suffix.lower() in TEXT_SUFFIXES
    content = path.read_bytes()
    head = content[:HEAD_BYTES]
    if found := describe_stand_in(head) or (is_text and describe_no_text(head)):
        raise ValueError(f"found {found}")
    if not is_text:
        return make_item(images=[path])
    if control := _CONTROL.search(content):
        raise ValueError(f"expected UTF-8, found {control[0]!r} at byte {control.start()}, as in UTF-16 text")
    return make_item(request=path.read_text(encoding="utf-8-sig"))


def _of_jsonl(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for number, line in enumerate(file):
            yield line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line


def _of_parquet(path: Path) -> Iterator[_Cells]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            columns = [name for name in _COLUMNS if name in names]
            if doubled := [name for name in columns if names.count(name) > 1]:
                raise ValueError(f"column {doubled[0]} is there twice")
            if set(columns) <= {"id"}:
                raise ValueError(f"no column of {', '.join(_COLUMNS[1:])}; it has {', '.join(names)}")
            for batch in file.iter_batches(batch_size=64, columns=columns):
                yield from (_Cells(batch, index) for index in range(batch.num_rows))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ValueError(f"--input {path}: {error}") from error


def _images(value: Any) -> Any:
    """Return an image cell, or a list of them, with ``{bytes, path}`` as its bytes; empty bytes stay, and are refused.

    Bytes go first: beside them, a path is only the image's name.
    """
    if isinstance(value, list):
        return [_images(each) for each in value]
    if not isinstance(value, dict):
        return value
    return value.get("path") if value.get("bytes") is None else value["bytes"]
