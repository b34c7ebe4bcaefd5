"""Estimates: every metric with its interval, by modality and overall, of each guard and of their paired difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any, Literal

import numpy as np

from proguard.evaluate.metrics.bootstrap import percentile_interval, resample_sums
from proguard.evaluate.metrics.outcome import Outcome
from proguard.evaluate.metrics.risk import measure_risk
from proguard.evaluate.metrics.tally import METRICS, Direction, tally
from proguard.sample import MODALITIES

DIFFERENCE = "difference"
"""Used in place of a guard's name: trained guard minus baseline, on the same rows and the same resamples."""

ALL = "all"
"""Used in place of a modality: all rows together."""

DIGITS = 6

Trend = Literal["better", "worse", "unclear"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval; NaN where undefined."""

    value: float
    low: float
    high: float
    n: int
    """Rows that the metric is over."""


ByMetric = dict[str, dict[str, Estimate]]
"""Task, then metric."""

ByModality = dict[str, ByMetric]
"""A modality or `ALL`."""


def measure(
    outcomes: Mapping[str, Sequence[Outcome]],
    *,
    baseline: str,
    trained: str,
    n_resamples: int,
    confidence: float,
    seed: int,
) -> dict[str, ByModality]:
    """Return the estimates of each guard on one test set, and of `DIFFERENCE` when both guards are there.

    Args:
        outcomes: By guard, over the same rows in the same order.
        baseline: Guard that the difference starts from.
        trained: Guard that the difference leads to.
        n_resamples: How often the bootstrap draws, at least 1.
        confidence: Share of resamples inside an interval, in (0, 1).
        seed: Seed of the draws.

    Raises:
        ValueError: When a guard is called `DIFFERENCE`, or two guards were not asked about the same rows.
    """
    _check_rows(outcomes)
    result: dict[str, ByModality] = {guard: {} for guard in outcomes}
    if has_both := baseline in outcomes and trained in outcomes:
        result[DIFFERENCE] = {}
    first = next(iter(outcomes.values()))
    for modality in (ALL, *MODALITIES):
        kept = [i for i, o in enumerate(first) if modality in (ALL, o.target.modality)]
        if not kept:
            continue
        if modality != ALL and len(kept) == len(first):
            for by_modality in result.values():
                by_modality[modality] = by_modality[ALL]
            continue
        groups = [first[i].row.sample.group for i in kept]
        own = {g: [o[i] for i in kept] for g, o in outcomes.items()}
        drawn = _draw(own, groups, n_resamples, seed)
        for guard, values in drawn.items():
            result[guard][modality] = _with_risk(_summarise(values, confidence), own[guard])
        if has_both:
            result[DIFFERENCE][modality] = _summarise(_subtract(drawn[trained], drawn[baseline]), confidence)
    return result


def trend(difference: Estimate, direction: Direction) -> Trend:
    """Return which way a difference points: ``unclear`` when its interval holds 0 or is undefined."""
    if isnan(difference.low) or difference.low <= 0 <= difference.high:
        return "unclear"
    return "better" if (difference.low > 0) != (direction == "lower") else "worse"


def to_json(content: Any) -> Any:
    """Return nested mappings of estimates as what metrics.json holds: rounded, undefined as ``None``."""
    if isinstance(content, Estimate):
        numbers = {"value": content.value, "low": content.low, "high": content.high}
        return {k: None if isnan(v) else round(v, DIGITS) for k, v in numbers.items()} | {"n": content.n}
    return {key: to_json(value) for key, value in content.items()}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One metric on the rows as they are, first, and on each resample: ``(1 + n_resamples,)``."""

    values: np.ndarray
    n: int


_Key = tuple[str, str]


def _draw(
    outcomes: Mapping[str, Sequence[Outcome]], groups: Sequence[str], n_resamples: int, seed: int
) -> dict[str, dict[_Key, _Drawn]]:
    counts = {guard: tally(rows) for guard, rows in outcomes.items()}
    matrix = np.column_stack([column for columns in counts.values() for column in columns.values()])
    resampled = resample_sums(matrix, groups, n_resamples=n_resamples, seed=seed)
    sums = np.split(np.vstack([matrix.sum(axis=0), resampled]), len(counts), axis=1)
    drawn = {}
    for (guard, columns), own in zip(counts.items(), sums, strict=True):
        by_name = dict(zip(columns, own.T, strict=True))
        drawn[guard] = {(m.task, m.name): _Drawn(m.value(by_name), int(m.n(by_name)[0])) for m in METRICS}
    return drawn


def _subtract(minuend: dict[_Key, _Drawn], subtrahend: dict[_Key, _Drawn]) -> dict[_Key, _Drawn]:
    return {key: _Drawn(d.values - subtrahend[key].values, d.n) for key, d in minuend.items()}


def _summarise(drawn: dict[_Key, _Drawn], confidence: float) -> ByMetric:
    result: ByMetric = {}
    for (task, name), metric in drawn.items():
        value = float(metric.values[0])
        interval = percentile_interval(metric.values[1:], confidence)
        low, high = (value, value) if isnan(value) else interval
        result.setdefault(task, {})[name] = Estimate(value, low, high, metric.n)
    return result


def _with_risk(metrics: ByMetric, outcomes: Sequence[Outcome]) -> ByMetric:
    """Return the metrics with those of the risk scores, which have no interval."""
    for task, values in measure_risk(outcomes).items():
        metrics[task] |= {name: Estimate(risk.value, nan, nan, risk.n) for name, risk in values.items()}
    return metrics


def _check_rows(outcomes: Mapping[str, Sequence[Outcome]]) -> None:
    if DIFFERENCE in outcomes:
        raise ValueError(f"a guard must not be called {DIFFERENCE!r}: metrics.json keeps the name for itself")
    ids = {guard: [o.row.sample.id for o in rows] for guard, rows in outcomes.items()}
    first = next(iter(ids))
    for guard in ids:
        if ids[guard] != ids[first]:
            raise ValueError(f"guards {first} and {guard} were not asked about the same rows: run predict again")
