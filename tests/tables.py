"""Samples and rows as the tables that stages read."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import polars as pl

from proguard.row import ROW_SCHEMA, Row
from proguard.sample import SAMPLE_SCHEMA, Sample
from proguard.storage.files import write_table


def samples_table(samples: Iterable[Sample]) -> pl.DataFrame:
    """Return samples as a table, sorted by id."""
    return pl.DataFrame([asdict(s) for s in samples], schema=SAMPLE_SCHEMA, orient="row").sort("id")


def write_samples(samples: Iterable[Sample], path: Path) -> None:
    """Write samples as parquet, sorted by id."""
    write_table(samples_table(samples), path)


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write rows as parquet, sorted by sample id."""
    records = [asdict(r.sample) | {"policy": r.policy.to_json(), "role": r.role} for r in rows]
    write_table(pl.DataFrame(records, schema=ROW_SCHEMA, orient="row").sort("id"), path)
