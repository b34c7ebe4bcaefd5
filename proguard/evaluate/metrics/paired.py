"""Two guards on the rows that both were asked about: which is better, by how much, and whether the rows can tell.

Only what differs between two guards tells them apart, so everything here is paired: the bootstrap draws groups of rows
and looks at the difference in each draw, and McNemar's test looks at the rows that one guard has right and the other
wrong. Over several test sets the p values are corrected (Holm 1979). The smallest difference that this many rows can
show is what a true difference has to be for the interval to leave zero in four of five draws of the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Literal

import numpy as np
from scipy.stats import binomtest, norm

from proguard.evaluate.metrics.bootstrap import percentile_interval, resample_sums
from proguard.evaluate.metrics.tally import f1, weighted_f1
from proguard.readings.reading import Reading, Side
from proguard.row import Row

PairedMetric = Literal["f1", "weighted_f1"]

POWER = 0.8
"""Probability of finding a difference of the smallest size that counts as detectable."""

Answer = Literal["better", "worse", "cannot tell"]


@dataclass(frozen=True, slots=True)
class PairedCalls:
    """What two guards said of one side, on the rows that both were asked about and that have a label."""

    gold: np.ndarray
    """``(n,)``, whether the side is unsafe."""

    first: np.ndarray
    second: np.ndarray
    """``(n,)``, whether the guard called it unsafe; an answer without a label is the opposite of gold."""

    groups: tuple[str, ...]
    """Group of each row."""


@dataclass(frozen=True, slots=True)
class Paired:
    """The second guard against the first on one test set."""

    n: int
    """Rows that both were asked about."""

    first: float
    second: float
    """The metric of each guard; NaN where undefined."""

    difference: float
    """Second less first."""

    low: float
    high: float
    """Interval of the difference."""

    only_first: int
    only_second: int
    """Rows that only the one guard has right."""

    p: float
    """Of McNemar's exact test: how likely as uneven a split of those rows is when neither guard is better."""

    detectable: float
    """Smallest true difference that this many rows are likely to show."""

    p_corrected: float = nan
    """``p`` over all test sets of the comparison."""

    answer: Answer = "cannot tell"


def pair_calls(
    rows: Sequence[Row], first: Mapping[str, Reading], second: Mapping[str, Reading], side: Side
) -> PairedCalls:
    """Return the calls of two guards on the rows that both were asked about.

    Args:
        rows: Rows of one test set.
        first: Readings by sample id, one for every row.
        second: Likewise.
        side: Which side is compared.
    """
    kept, gold, calls = [], [], []
    for row in rows:
        label = getattr(row.target, f"{side}_label")
        read = [getattr(guard[row.sample.id], side) for guard in (first, second)]
        if label is not None and all(r.was_asked for r in read):
            is_unsafe = label == "unsafe"
            kept.append(row.sample.group)
            gold.append(is_unsafe)
            calls.append([not is_unsafe if r.label is None else r.label == "unsafe" for r in read])
    said = np.asarray(calls, dtype=bool).reshape(-1, 2)
    return PairedCalls(np.asarray(gold, dtype=bool), said[:, 0], said[:, 1], tuple(kept))


def compare_calls(
    calls: PairedCalls, *, metric: PairedMetric, n_resamples: int, confidence: float, seed: int
) -> Paired:
    """Return the second guard against the first on one test set, not yet corrected for other sets.

    Args:
        calls: At least one row.
        metric: What is compared: F1 of the unsafe class, or weighted by the support of both.
        n_resamples: How often the bootstrap draws, at least 1.
        confidence: Share of resamples inside the interval, in (0, 1).
        seed: Seed of the draws.
    """
    counts = np.hstack([_cells(calls.gold, said) for said in (calls.first, calls.second)])
    sums = np.vstack([counts.sum(axis=0), resample_sums(counts, calls.groups, n_resamples=n_resamples, seed=seed)])
    first, second = (_value(part, metric) for part in np.split(sums, 2, axis=1))
    drawn = (second - first)[1:]
    low, high = percentile_interval(drawn, confidence)
    right = [said == calls.gold for said in (calls.first, calls.second)]
    only_first, only_second = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    return Paired(
        n=len(calls.gold),
        first=float(first[0]),
        second=float(second[0]),
        difference=float(second[0] - first[0]),
        low=low,
        high=high,
        only_first=only_first,
        only_second=only_second,
        p=mcnemar(only_first, only_second),
        detectable=float(norm.ppf((1 + confidence) / 2) + norm.ppf(POWER)) * float(np.nanstd(drawn)),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the p value of McNemar's exact test, two-sided; 1 when the guards never differ."""
    n = only_first + only_second
    return float(binomtest(only_second, n).pvalue) if n else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected for that many tests: the smallest times their number, and so on, never falling."""
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    corrected = np.minimum(1, np.maximum.accumulate(np.asarray(p_values, dtype=float)[order] * factors))
    result = np.empty(len(p_values))
    result[order] = corrected
    return result.tolist()


def decide(compared: Mapping[str, Paired], *, confidence: float) -> dict[str, Paired]:
    """Return comparisons by test set with corrected p values and what they say.

    A guard is better, or worse, only where the interval leaves zero and the corrected test agrees on the direction.
    """
    corrected = holm([paired.p for paired in compared.values()])
    return {
        name: replace(paired, p_corrected=p, answer=_answer(paired, p, 1 - confidence))
        for (name, paired), p in zip(compared.items(), corrected, strict=True)
    }


def _answer(paired: Paired, p: float, alpha: float) -> Answer:
    if not p < alpha:
        return "cannot tell"
    if paired.low > 0 and paired.only_second > paired.only_first:
        return "better"
    return "worse" if paired.high < 0 and paired.only_second < paired.only_first else "cannot tell"


def say(paired: Paired, *, first: str, second: str, where: str, confidence: float, n_sets: int) -> str:
    """Return one sentence that says which guard is better, and why, or why the rows cannot tell."""
    change = f"{100 * paired.first:.1f} to {100 * paired.second:.1f}"
    interval = f"{100 * paired.difference:+.1f} points, {100 * confidence:g} % interval {100 * paired.low:+.1f} to "
    interval += f"{100 * paired.high:+.1f}"
    test = f"p {paired.p_corrected:.2g}" + (f" over {n_sets} sets" if n_sets > 1 else "")
    if paired.answer == "cannot tell":
        return (
            f"On {where} the {paired.n:,} rows cannot tell {second} from {first}: F1 {change} ({interval}; {test}). "
            f"They would show a difference of about {100 * paired.detectable:.1f} points or more."
        )
    return (
        f"On {where} {second} is {paired.answer} than {first}: F1 {change} on {paired.n:,} rows ({interval}; {test})."
    )


def _cells(gold: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Return true and false positives, false and true negatives of each row, ``(n, 4)``."""
    return np.column_stack([gold & said, ~gold & said, gold & ~said, ~gold & ~said]).astype(float)


def _value(cells: np.ndarray, metric: PairedMetric) -> np.ndarray:
    tp, fp, fn, tn = cells.T
    return f1(tp, fp, fn) if metric == "f1" else weighted_f1(tp, fp, fn, tn)
