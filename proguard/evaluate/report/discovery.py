"""What the guard's own names suggest: proposed categories, how true they are, and what they do in a policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from proguard.evaluate.metrics.bootstrap import percentile_interval, resample_sums
from proguard.evaluate.metrics.estimate import Estimate, Trend, trend
from proguard.evaluate.report.headline import show_gain, show_range, show_value
from proguard.taxonomy import Taxonomy

N_PROPOSALS = 12
"""Proposals that the report prints."""

_KINDS = {
    "novel": ("Risks that training never listed", "put to their own category"),
    "hidden": ("Risks that only this policy lacks", "put to their own category"),
    "listed": ("Listed risks", "given the right id"),
    "safe": ("Safe rows", "no alarm"),
}
"""Kinds of the trial in the order of the page: title, and what counts as right."""

_UNLISTED = ("novel", "hidden")


@dataclass(frozen=True, slots=True)
class Tried:
    """Rows of one kind before and after the proposals joined their policy."""

    title: str
    note: str
    n: int
    before: str
    before_range: str
    after: str
    after_range: str
    gain: str
    gain_range: str
    trend: Trend
    by_id: str
    """Share that is right after by the id of a proposal."""

    unsafe_before: str
    unsafe_after: str


@dataclass(frozen=True, slots=True)
class DiscoverySection:
    """All that the section shows."""

    summary: Mapping[str, Any]
    """What the stage discover counted."""

    proposals: Sequence[Mapping[str, Any]]
    """The first `N_PROPOSALS`, each with ``truly``: the category of most of its rows and their share."""

    tried: Sequence[Tried]


def show_discovery(
    summary: Mapping[str, Any],
    proposals: Sequence[Mapping[str, Any]],
    trial: pl.DataFrame,
    taxonomy: Taxonomy,
    *,
    n_resamples: int,
    confidence: float,
    seed: int,
) -> DiscoverySection:
    """Return the section.

    Args:
        summary: Of the stage discover.
        proposals: proposals.json of the same stage.
        trial: trial.parquet of the same stage.
        taxonomy: Names the true categories.
        n_resamples: How often the bootstrap draws, at least 1.
        confidence: Share of resamples inside an interval, in (0, 1).
        seed: Seed of the draws.
    """
    kinds = [(kind, trial.filter(pl.col("kind") == kind)) for kind in _KINDS]
    return DiscoverySection(
        summary=summary,
        proposals=[{**entry, "truly": _truly(entry, taxonomy)} for entry in proposals[:N_PROPOSALS]],
        tried=[
            _try(kind, rows, n_resamples=n_resamples, confidence=confidence, seed=seed)
            for kind, rows in kinds
            if rows.height
        ],
    )


def _truly(entry: Mapping[str, Any], taxonomy: Taxonomy) -> str:
    code, n = max(sorted(entry["true"].items()), key=lambda pair: pair[1])
    name = "no risk" if code not in taxonomy else taxonomy[code].name
    return f"{name}, {n} of {entry['support']}"


def _try(kind: str, rows: pl.DataFrame, *, n_resamples: int, confidence: float, seed: int) -> Tried:
    columns = ("right_before", "right_after", "by_id_after", "unsafe_before", "unsafe_after")
    counts = np.column_stack([rows[name].to_numpy().astype(float) for name in columns] + [np.ones(rows.height)])
    groups = rows["group"].to_list()
    sums = np.vstack([counts.sum(axis=0), resample_sums(counts, groups, n_resamples=n_resamples, seed=seed)])
    shares = dict(zip(columns, (sums[:, :-1] / sums[:, -1:]).T, strict=True))
    before, after = (_estimate(shares[name], rows.height, confidence) for name in columns[:2])
    gain = _estimate(shares["right_after"] - shares["right_before"], rows.height, confidence)
    title, note = _KINDS[kind]
    return Tried(
        title=title,
        note=note,
        n=rows.height,
        before=show_value(before.value, "percent"),
        before_range=show_range(before, "percent"),
        after=show_value(after.value, "percent"),
        after_range=show_range(after, "percent"),
        gain=show_gain(gain.value, "percent"),
        gain_range=show_range(gain, "percent", is_gain=True),
        trend=trend(gain, "higher"),
        by_id=show_value(float(shares["by_id_after"][0]), "percent") if kind in _UNLISTED else "–",
        unsafe_before=show_value(float(shares["unsafe_before"][0]), "percent"),
        unsafe_after=show_value(float(shares["unsafe_after"][0]), "percent"),
    )


def _estimate(values: np.ndarray, n: int, confidence: float) -> Estimate:
    return Estimate(float(values[0]), *percentile_interval(values[1:], confidence), n)
