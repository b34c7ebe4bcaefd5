"""Files of the formats that data sets come in, written row by row."""

import csv
import gzip
import json
import lzma
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.paper_world.world import World, picture

_BATCH_ROWS = 1000
_IMAGE_BATCH_ROWS = 256

_OPEN = {".gz": partial(gzip.open, compresslevel=1), ".xz": partial(lzma.open, preset=1)}


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows of equal keys; ``None`` is an empty cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for number, row in enumerate(rows):
            if number == 0:
                writer.writerow(row.keys())
            writer.writerow(row.values())


def write_json_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write an object per line, compressed as the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _OPEN.get(path.suffix, open)(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_json_list(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a list of objects, one on each line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.write("[\n")
        for number, row in enumerate(rows):
            file.write((",\n" if number else "") + json.dumps(row, ensure_ascii=False))
        file.write("\n]\n")


def write_parquet(
    path: Path, rows: Iterable[Mapping[str, Any]], schema: pa.Schema, *, batch_rows: int = _BATCH_ROWS
) -> None:
    """Write rows of ``schema``, ``batch_rows`` in memory at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, schema, compression="snappy") as writer:
        for batch in in_batches(rows, batch_rows):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))


def draw_pictures(world: World, pieces: Sequence[tuple[str, int]], pool: Executor) -> Iterator[bytes]:
    """Yield the JPEG of each piece (entry and index), drawn by the processes of ``pool`` some hundreds ahead."""
    for batch in in_batches(pieces, _IMAGE_BATCH_ROWS):
        yield from pool.map(partial(_draw, world), batch, chunksize=16)


def in_batches(rows: Iterable[Any], n: int) -> Iterator[list[Any]]:
    """Yield lists of ``n`` rows, the last one shorter."""
    rest = iter(rows)
    while batch := list(islice(rest, n)):
        yield batch


def write_zip(file: Any, members: Iterable[tuple[str, bytes]]) -> None:
    """Write members, uncompressed as JPEGs are anyway, to a file that need not be seekable."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)  # dated 1980, so that equal members are equal bytes


class PartsFile:
    """A write-only file that goes on in ``<path>.part-ab`` when ``<path>.part-aa`` is full, as `split` would cut it."""

    def __init__(self, path: Path, part_bytes: int):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._part_bytes = path, part_bytes
        self._n_parts, self._room = 0, 0
        self._part = None

    def write(self, content: bytes) -> int:
        left = memoryview(content)
        while left:
            if not self._room:
                self._next_part()
            written = self._part.write(left[: self._room])
            left, self._room = left[written:], self._room - written
        return len(content)

    def flush(self) -> None:
        if self._part is not None:
            self._part.flush()

    def close(self) -> None:
        if self._part is not None:
            self._part.close()

    def _next_part(self) -> None:
        self.close()
        suffix = "".join(chr(ord("a") + n) for n in divmod(self._n_parts, 26))
        self._part = self._path.with_name(f"{self._path.name}.part-{suffix}").open("wb")
        self._n_parts, self._room = self._n_parts + 1, self._part_bytes


def _draw(world: World, piece: tuple[str, int]) -> bytes:
    return picture(world, *piece)
