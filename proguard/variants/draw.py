"""Which rows are changed: enough of each kind, whatever the test set's mix."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import polars as pl

from proguard.row import Row
from proguard.sample import Modality
from proguard.strata import draw_stratified
from proguard.variants.modality_honesty import find_carrier

LISTED_SHARE = Fraction(3, 5)
"""Share of the rows of policy_drift whose risk is listed: most changes call for another answer only there."""

MODALITY_SHARES: Mapping[Modality, Fraction] = {
    "text_image": Fraction(3, 5),
    "image": Fraction(1, 5),
    "text": Fraction(1, 5),
}
"""Shares of the rows of modality_honesty: the most have two parts."""


def draw_for_drift(rows: Sequence[Row], *, n: int, seed: int) -> list[Row]:
    """Return up to ``n`` rows, `LISTED_SHARE` of them with a listed risk, sorted by id.

    Each half is spread evenly over modalities, and the second over the other roles.
    """
    table = pl.DataFrame(
        [(row.sample.id, row.sample.modality, row.role) for row in rows],
        schema=["id", "modality", "role"],
        orient="row",
    )
    is_listed = pl.col("role") == "shown"
    n_listed = round(n * LISTED_SHARE)
    drawn = _draw(table.filter(is_listed), n_listed, seed) | _draw(table.filter(~is_listed), n - n_listed, seed)
    return _named(rows, drawn)


def draw_for_honesty(rows: Sequence[Row], *, n: int, seed: int) -> list[Row]:
    """Return up to ``n`` rows by `MODALITY_SHARES`, each share spread evenly over what holds the risk, sorted by id.

    Of the texts only those with a response are drawn: nothing else of them can be taken away.
    """
    table = pl.DataFrame(
        [
            (row.sample.id, row.sample.modality, find_carrier(row.sample) or "unknown")
            for row in rows
            if row.sample.modality != "text" or row.sample.has_response
        ],
        schema=["id", "modality", "role"],
        orient="row",
    )
    drawn: set[str] = set()
    for modality, share in MODALITY_SHARES.items():
        drawn |= _draw(table.filter(modality=modality), round(n * share), seed)
    return _named(rows, drawn)


def _draw(table: pl.DataFrame, n: int, seed: int) -> set[str]:
    n = min(n, table.height)
    if not n:
        return set()
    drawn = draw_stratified(table, n=n, by=[["modality"], ["role"]], temperature=0, seed=seed, purpose="variants")
    return set(drawn["id"])


def _named(rows: Sequence[Row], ids: set[str]) -> list[Row]:
    return sorted((row for row in rows if row.sample.id in ids), key=lambda row: row.sample.id)
