"""Rows of the file formats that data sets are published in, one at a time, so that memory holds a few of them.

Source of the formats: jsonlines.org; RFC 4180; parquet.apache.org. Hub images come as ``{"bytes": ..., "path": ...}``.
"""

import csv
import gzip
import io
import json
import lzma
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import ijson
import pyarrow as pa
import pyarrow.parquet as pq

from proguard.collect.item import Rejected

BATCH_ROWS = 128
"""Rows of a parquet file in memory; images make them large."""

MAX_CELL_CHARS = 2**24

_OPENERS = {".gz": gzip.open, ".xz": lzma.open}

Parsed = TypeVar("Parsed")

_BROKEN = (
    csv.Error,
    UnicodeDecodeError,
    EOFError,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    ijson.JSONError,
    pa.ArrowInvalid,
)


def read_items(
    files: Mapping[str, Path], *, source: str, columns: Collection[str], parse: Callable[..., Parsed]
) -> Iterator[Parsed | Rejected]:
    """Yield what ``parse`` makes of each row of ``files``, in order; a row that can't be read is rejected.

    Args:
        files: Paths by name, which says the format.
        source: Name of the adapter, for messages.
        columns: Columns that a file has at least.
        parse: Called as ``parse(record, file=name, row=row)``; gives one item, or a `Labelled`.

    Raises:
        ValueError: When a file lacks a column, has another format, or is broken as a whole.
    """
    for name, path in files.items():
        for row, record in read_checked(path, name=name, source=source, columns=columns):
            if isinstance(record, ValueError):
                yield Rejected(name, row, "unreadable row", str(record))
            else:
                yield parse(record, file=name, row=row)


def read_checked(
    path: Path, *, name: str, source: str, columns: Collection[str]
) -> Iterator[tuple[int, dict[str, Any] | ValueError]]:
    """Yield as `read_records`, and see that the first row that can be read has ``columns``, as `check_columns`."""
    is_checked = False
    for row, record in read_records(path, name=name):
        if not is_checked and not isinstance(record, ValueError):
            check_columns(source, name, found=record, expected=columns)
            is_checked = True
        yield row, record


def read_records(path: Path, *, name: str | None = None) -> Iterator[tuple[int, dict[str, Any] | ValueError]]:
    """Yield number, from 1, and content of each row; a row that can't be read is a `ValueError` in its place.

    An empty line between JSON lines is no row.

    Args:
        path: File on this machine.
        name: Name that says the format when ``path`` has none: .jsonl, .json (a list of objects), .csv, .parquet, the
            first three also with .gz or .xz.

    Raises:
        ValueError: When the format is another, or the file as a whole is broken.
    """
    name = name or path.name
    kind = name.removesuffix(".gz").removesuffix(".xz").rpartition(".")[2]
    if kind not in ("jsonl", "json", "csv", "parquet"):
        raise ValueError(f"{name}: expected .jsonl, .json, .csv or .parquet, found .{kind}")
    with _OPENERS.get(name[-3:], Path.open)(path, "rb") as file:
        match kind:
            case "jsonl":
                rows = _read_lines(file)
            case "json":
                rows = _read_list(file)
            case "csv":
                rows = _read_csv(file)
            case "parquet":
                rows = _read_parquet(file)
        try:
            yield from enumerate(rows, 1)
        except _BROKEN as error:
            raise ValueError(f"{name}: broken {kind}: {error}") from error


def check_columns(source: str, file: str, *, found: Collection[str], expected: Collection[str]) -> None:
    """Raise ``ValueError``, with expected and found, when ``found`` lacks a column of ``expected``; more are fine."""
    if missing := [column for column in expected if column not in found]:
        raise ValueError(
            f"{source}: {file}: expected columns {', '.join(expected)}; found {', '.join(sorted(found))}; "
            f"missing {', '.join(missing)}; the schema changed, or this is another revision"
        )


def _read_lines(file: BinaryIO) -> Iterator[dict[str, Any] | ValueError]:
    for line in file:
        if line.isspace():
            continue
        try:
            yield _as_object(json.loads(line))
        except ValueError as error:
            yield ValueError(f"not JSON: {error}")


def _read_list(file: BinaryIO) -> Iterator[dict[str, Any] | ValueError]:
    for record in ijson.items(file, "item", use_float=True):
        yield _as_object(record)


def _read_csv(file: BinaryIO) -> Iterator[dict[str, Any] | ValueError]:
    csv.field_size_limit(MAX_CELL_CHARS)
    rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""))
    header = next(rows, [])
    for cells in rows:
        if len(cells) == len(header):
            yield dict(zip(header, cells, strict=True))
        else:
            yield ValueError(f"expected {len(header)} cells, found {len(cells)}")


def _read_parquet(file: BinaryIO) -> Iterator[dict[str, Any]]:
    for batch in pq.ParquetFile(file).iter_batches(batch_size=BATCH_ROWS):
        yield from batch.to_pylist()


def _as_object(record: Any) -> dict[str, Any] | ValueError:
    return record if isinstance(record, dict) else ValueError(f"a row is an object, found {type(record).__name__}")
