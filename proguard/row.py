"""A row: a sample with the policy that its prompt shows. What ood_split writes and all later stages read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from proguard.policy import Policy
from proguard.sample import SAMPLE_SCHEMA, Sample
from proguard.target import Target, make_target
from proguard.taxonomy import Taxonomy

Role = Literal["shown", "hidden", "novel", "free"]
"""How the policy treats the row's category: ``shown``; ``hidden`` on purpose, although training shows it in other rows;
``novel``, which training never shows; ``free`` when the row is safe or its category is not mapped."""

ROW_SCHEMA: dict[str, pl.DataType] = {**SAMPLE_SCHEMA, "policy": pl.String(), "role": pl.String()}


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt's worth of data."""

    sample: Sample

    target: Target
    """What a completion about this row is compared with."""

    role: Role

    @property
    def policy(self) -> Policy:
        """What its prompt shows."""
        return self.target.policy


def make_row(sample: Sample, policy: Policy, role: Role, taxonomy: Taxonomy) -> Row:
    """Return the row of ``sample`` under ``policy``; the taxonomy says which code its category is at that level."""
    return Row(sample, make_target(sample, policy, taxonomy), role)


def read_rows(path: Path | str, taxonomy: Taxonomy) -> list[Row]:
    """Return the rows of a parquet file, in file order."""
    return rows_of(pl.read_parquet(path), taxonomy)


def rows_of(table: pl.DataFrame, taxonomy: Taxonomy) -> list[Row]:
    """Return the rows of a table with the columns of `ROW_SCHEMA`, in its order."""
    return [
        make_row(
            Sample(**{name: record[name] for name in SAMPLE_SCHEMA}),
            Policy.from_json(record["policy"]),
            record["role"],
            taxonomy,
        )
        for record in table.iter_rows(named=True)
    ]
