"""A variant: a row of a test set, changed in one way, with what the categories of its policy are called there.

The stage variants writes them, every guard is asked about them, and evaluate compares its reading with the one of the
row that the variant was made from.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import polars as pl

from proguard.policy import Policy
from proguard.row import ROW_SCHEMA, Row, make_row
from proguard.sample import SAMPLE_SCHEMA, Sample
from proguard.taxonomy import Node, Taxonomy

Suite = Literal["policy_drift", "modality_honesty"]
SUITES: tuple[Suite, ...] = get_args(Suite)

Carrier = Literal["words", "picture", "nothing"]
"""What holds the risk of a sample; ``nothing`` when it is safe."""

VARIANT_SCHEMA: dict[str, pl.DataType] = ROW_SCHEMA | {
    name: pl.String() for name in ("of", "suite", "change", "carrier", "nodes")
}


@dataclass(frozen=True, slots=True)
class Variant:
    """A row that was changed in one way."""

    row: Row
    """The changed row, under an id of its own. A label that nobody knows after the change is ``None``."""

    of: str
    """Id of the row that it was made from."""

    suite: Suite
    change: str
    """What was done to the row, as its suite calls it."""

    carrier: Carrier | None
    """What held the risk before the change; ``None`` where the source does not tell."""

    taxonomy: Taxonomy
    """Names what the row's policy shows."""


def reword(taxonomy: Taxonomy, nodes: Iterable[Node]) -> Taxonomy:
    """Return ``taxonomy`` with ``nodes`` in the place of those of their codes, new codes at the end."""
    new = {node.code: node for node in nodes}
    kept = [new.pop(node.code, node) for node in taxonomy]
    return Taxonomy((*kept, *new.values()))


def members(code: str, taxonomy: Taxonomy) -> frozenset[str]:
    """Return the codes of ``taxonomy`` that a code stands for: itself, or those that were merged into it."""
    return frozenset((code,) if code in taxonomy else code.split(MERGE))


MERGE = " + "
"""Between the codes of a merged category."""


def write_record(row: Row, nodes: Iterable[Node], **columns: str | None) -> dict[str, Any]:
    """Return a line of the table of variants.

    Args:
        row: The changed row.
        nodes: Categories that the row's policy shows in other words than the taxonomy's.
        columns: ``of``, ``suite``, ``change`` and ``carrier``, as in `Variant`.
    """
    own = asdict(row.sample) | {"policy": row.policy.to_json(), "role": row.role}
    return own | columns | {"nodes": json.dumps([asdict(node) for node in nodes])}


def read_variants(path: Path | str, taxonomy: Taxonomy) -> list[Variant]:
    """Return the variants of a file, in file order.

    Args:
        path: Parquet with the columns of `VARIANT_SCHEMA`.
        taxonomy: The project's.
    """
    return [_read_record(record, taxonomy) for record in pl.read_parquet(path).iter_rows(named=True)]


def _read_record(record: Mapping[str, Any], taxonomy: Taxonomy) -> Variant:
    nodes = json.loads(record["nodes"])
    own = reword(taxonomy, (Node(**n | {"synonyms": tuple(n["synonyms"])}) for n in nodes)) if nodes else taxonomy
    sample = Sample(**{name: record[name] for name in SAMPLE_SCHEMA})
    row = make_row(sample, Policy.from_json(record["policy"]), record["role"], own)
    names = {name: record[name] for name in ("of", "suite", "change", "carrier")}
    return Variant(row, taxonomy=own, **names)
