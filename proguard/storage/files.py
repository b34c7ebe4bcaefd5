"""Atomic writes: each file or folder is written under a temporary name in the same folder, then renamed."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from proguard.sample import SAMPLE_SCHEMA, Sample


@contextmanager
def atomic_file(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path that becomes ``path`` when the block ends without an error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """Yield an empty temporary folder that becomes ``path``, replacing it, when the block ends without an error."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    temporary.mkdir()
    try:
        yield temporary
        shutil.rmtree(path, ignore_errors=True)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _temporary(path: Path) -> Path:
    """Return the temporary name beside ``path``, and remove what killed processes left under such names."""
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def write_json(content: Any, path: Path | str) -> None:
    """Write ``content`` as JSON with sorted keys, so that equal content is equal bytes."""
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path | str) -> Any:
    """Return the content of a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_table(table: pl.DataFrame, path: Path | str) -> None:
    """Write a table as parquet; equal tables give equal bytes."""
    with atomic_file(path) as temporary:
        table.write_parquet(temporary, compression="zstd", statistics=False)


def read_samples(path: Path | str) -> list[Sample]:
    """Return the samples of a parquet file, in file order; other columns are left out.

    Raises:
        ValueError: When a column of `SAMPLE_SCHEMA` is missing.
    """
    table = pl.read_parquet(path)
    if missing := [name for name in SAMPLE_SCHEMA if name not in table.columns]:
        raise ValueError(f"{path}: no column {', '.join(missing)}; it has {', '.join(table.columns)}")
    return [Sample(**row) for row in table.select(list(SAMPLE_SCHEMA)).iter_rows(named=True)]
