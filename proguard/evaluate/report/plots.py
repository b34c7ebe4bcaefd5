"""Tables that DVC plots: who was taken for what, and how the rows are balanced."""

from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from proguard.evaluate.metrics.confusion import actual, said
from proguard.evaluate.metrics.outcome import Outcome
from proguard.row import Row
from proguard.sample import MODALITIES
from proguard.taxonomy import Taxonomy

KIND_NAMES = {"free": "safe", "shown": "unsafe, listed", "hidden": "unsafe, hidden", "novel": "unsafe, novel"}


def confusion_pairs(outcomes: Sequence[Outcome], taxonomy: Taxonomy) -> list[tuple[str, str]]:
    """Return actual and said by category, one pair per row with a gold answer, in row order."""
    pairs = ((actual(o, taxonomy), said(o, taxonomy)) for o in outcomes)
    return [(a, s) for a, s in pairs if a is not None]


def confusion_table(pairs: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """Return one line per pair, for DVC's confusion template."""
    return pl.DataFrame(pairs, schema={"actual": pl.String(), "predicted": pl.String()}, orient="row")


def balance_table(rows: Mapping[str, Sequence[Row]]) -> pl.DataFrame:
    """Return the number of rows by split, modality and what the policy does with the row's risk.

    Args:
        rows: By split.
    """
    records = []
    for split, members in rows.items():
        counts = Counter((row.sample.modality, _kind(row)) for row in members)
        for modality in MODALITIES:
            for kind in (*KIND_NAMES.values(), "unsafe, not mapped"):
                if n := counts[modality, kind]:
                    records.append((f"{split} · {modality} · {kind}", split, modality, kind, n))
    names = {name: pl.String() for name in ("rows of", "split", "modality", "kind")}
    return pl.DataFrame(records, schema=names | {"rows": pl.Int64()}, orient="row")


def _kind(row: Row) -> str:
    return "unsafe, not mapped" if row.role == "free" and row.sample.is_unsafe else KIND_NAMES[row.role]
