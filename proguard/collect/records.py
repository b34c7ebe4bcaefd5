"""Rows of the file formats that data sets are published in, one at a time, so that memory holds a few of them.

What a file holds is told by its first bytes where they can tell: packed or not, a list or lines, data or an HTML page.
Source of the formats: jsonlines.org; RFC 4180; parquet.apache.org. Hub images come as ``{"bytes": ..., "path": ...}``.
"""

import gzip
import io
import lzma
import re
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from proguard.collect.csv_rows import read_csv_rows
from proguard.collect.item import Reason, Rejected
from proguard.collect.json_rows import read_json_rows
from proguard.storage.stand_in import HEAD_BYTES, describe_no_text, describe_stand_in

BATCH_ROWS = 128
"""Rows of a parquet file in memory; images make them large."""

MAX_DETAIL_CHARS = 200

Parsed = TypeVar("Parsed")
Column = str | tuple[str, ...]
"""A column, or the names that it has in different releases."""

_UNPACKERS: Mapping[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"\xfd7zXZ\0": lzma.open}

_BROKEN = (ValueError, EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, pa.ArrowException)


def read_items(
    files: Mapping[str, Path],
    *,
    source: str,
    columns: Sequence[Column],
    parse: Callable[..., Parsed],
    check: Callable[[str, Collection[str]], None] | None = None,
) -> Iterator[Parsed | Rejected]:
    """Yield what ``parse`` makes of each row of ``files``, in order; a row that it can't be made of is rejected.

    Args:
        files: Paths by name, which says the format.
        source: Name of the adapter, for messages.
        columns: Columns that a file has at least.
        parse: Called as ``parse(record, file=name, row=row)``; gives one item, or a `Labelled`.
        check: Called as ``check(name, columns)`` before `check_columns`, to say more about a schema that is known.

    Raises:
        ValueError: When a file lacks a column, has another format, or is broken as a whole.
    """
    for name, path in files.items():
        for row, record in read_checked(path, name=name, source=source, columns=columns, check=check):
            yield parse_row(parse, record, file=name, row=row)


def parse_row(
    parse: Callable[..., Parsed], record: dict[str, Any] | ValueError, *, file: str, row: int
) -> Parsed | Rejected:
    """Return what ``parse`` makes of a row; any failure of it, and a row that can't be read, is a rejected row.

    Raises:
        OSError, MemoryError: As ``parse`` raises them: they are the machine's and not the row's.
    """
    if isinstance(record, ValueError):
        return Rejected(file, row, _reason_of(record), str(record)[:MAX_DETAIL_CHARS])
    try:
        return parse(record, file=file, row=row)
    except (OSError, MemoryError):
        raise
    except Exception as error:
        # Equal on every machine: no address of an object.
        text = re.sub(r"0x[0-9a-f]{6,}", "0x...", f"{type(error).__name__}: {error}".partition("\n")[0])
        return Rejected(file, row, _reason_of(error), text[:MAX_DETAIL_CHARS])


def read_checked(
    path: Path,
    *,
    name: str,
    source: str,
    columns: Sequence[Column],
    check: Callable[[str, Collection[str]], None] | None = None,
) -> Iterator[tuple[int, dict[str, Any] | ValueError]]:
    """Yield as `read_records`, and see that the first row that can be read has ``columns``, as `check_columns`."""
    is_checked = False
    for row, record in read_records(path, name=name, source=source):
        if not is_checked and not isinstance(record, ValueError):
            if check is not None:
                check(name, record)
            check_columns(source, name, found=record, expected=columns)
            is_checked = True
        yield row, record


def read_records(
    path: Path, *, name: str | None = None, source: str | None = None
) -> Iterator[tuple[int, dict[str, Any] | ValueError]]:
    """Yield number, from 1, and content of each row; a row that can't be read is a `ValueError` in its place.

    Empty lines are not rows.

    Args:
        path: File on this machine; .gz and .xz are unpacked, whether the name says so or not.
        name: Name that says the format when ``path`` has none: .jsonl or .json, a list of objects or an object a line
            whichever it is; .csv; .parquet.
        source: Name of the adapter, for messages.

    Raises:
        ValueError: When the format is another, or the file as a whole is broken; the message says what it is.
    """
    name = name or path.name
    where = f"{source}: {name}" if source else name
    kind = name.removesuffix(".gz").removesuffix(".xz").rpartition(".")[2]
    if kind not in ("jsonl", "json", "csv", "parquet"):
        raise ValueError(f"{where}: expected .jsonl, .json, .csv or .parquet, found .{kind}")
    try:
        with _open(path) as file:
            yield from enumerate(_read_rows(file, kind), 1)
    except _BROKEN as error:
        raise ValueError(f"{where}: broken {kind}: {error}") from error


def check_columns(source: str, file: str, *, found: Collection[str], expected: Sequence[Column]) -> None:
    """Raise ``ValueError``, with expected and found, when ``found`` lacks a column of ``expected``; more are fine."""
    options = [(column,) if isinstance(column, str) else column for column in expected]
    if missing := [" or ".join(names) for names in options if not set(names).intersection(found)]:
        delimiter = next((d for d in ";\t|" if len(found) == 1 and d in next(iter(found))), None)
        cause = (
            f"cells are parted by {delimiter!r} and not by ','"
            if delimiter
            else "the schema changed, or this is another revision"
        )
        raise ValueError(
            f"{source}: {file}: expected columns {', '.join(' or '.join(names) for names in options)}; "
            f"found {', '.join(sorted(found))}; missing {', '.join(missing)}; {cause}"
        )


@contextmanager
def _open(path: Path) -> Iterator[io.BufferedReader]:
    with path.open("rb") as file:
        magic = file.peek(6)
        unpack = next((opener for first, opener in _UNPACKERS.items() if magic.startswith(first)), None)
        yield file if unpack is None else io.BufferedReader(unpack(file))


def _read_rows(file: io.BufferedReader, kind: str) -> Iterator[dict[str, Any] | ValueError]:
    head = file.peek(HEAD_BYTES)[:HEAD_BYTES]
    if stand_in := describe_stand_in(head):
        raise ValueError(f"found {stand_in}")
    if kind == "parquet":
        return _read_parquet(file)
    if found := describe_no_text(head):
        raise ValueError(f"expected text in UTF-8, found {found}")
    return read_csv_rows(file) if kind == "csv" else read_json_rows(file, head)


def _read_parquet(file: BinaryIO) -> Iterator[dict[str, Any] | ValueError]:
    try:
        table = pq.ParquetFile(file)
        if twice := [column for column, n in Counter(table.schema_arrow.names).items() if n > 1]:
            raise ValueError(f"column {twice[0]!r} twice")
        for batch in table.iter_batches(batch_size=BATCH_ROWS):
            yield from _read_batch(batch)
    except OSError as error:
        # That is how Arrow reports damaged pages.
        raise ValueError(str(error)) from error


def _read_batch(batch: pa.RecordBatch) -> list[dict[str, Any] | ValueError]:
    try:
        return batch.to_pylist()
    except (ValueError, OverflowError):
        # One of its rows holds what Python can't, such as text that is not UTF-8.
        return [_read_alone(batch.slice(i, 1)) for i in range(batch.num_rows)]


def _read_alone(row: pa.RecordBatch) -> dict[str, Any] | ValueError:
    try:
        return row.to_pylist()[0]
    except (ValueError, OverflowError) as error:
        return error if isinstance(error, UnicodeError) else ValueError(f"{type(error).__name__}: {error}")


def _reason_of(error: Exception) -> Reason:
    if isinstance(error, UnicodeError):
        return "not valid Unicode"
    return "wrong type" if isinstance(error, TypeError | AttributeError) else "unreadable row"
