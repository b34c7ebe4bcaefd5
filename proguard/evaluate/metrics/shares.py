"""Shares of rows with intervals: a numerator and a denominator per row, and differences of two shares."""

from collections.abc import Mapping, Sequence
from math import nan

import numpy as np

from proguard.evaluate.metrics.bootstrap import percentile_interval, resample_sums
from proguard.evaluate.metrics.estimate import Estimate
from proguard.evaluate.metrics.tally import divide

Counts = tuple[Sequence[float], Sequence[float]]
"""Numerator and denominator of each row, ``(n,)``; a row that is not in the share has 0 in both."""


def estimate_shares(
    shares: Mapping[str, Counts],
    groups: Sequence[str],
    *,
    differences: Mapping[str, tuple[str, str]],
    n_resamples: int,
    confidence: float,
    seed: int,
) -> dict[str, Estimate]:
    """Return each share, and each difference on the same resamples; NaN where undefined.

    Args:
        shares: By name, over the same rows.
        groups: Group of each row; whole groups are drawn.
        differences: By name, the share that is the minuend and the one that is taken from it.
        n_resamples: How often the bootstrap draws, at least 1.
        confidence: Share of resamples inside an interval, in (0, 1).
        seed: Seed of the draws.
    """
    if not groups:
        return {name: Estimate(nan, nan, nan, 0) for name in (*shares, *differences)}
    matrix = np.column_stack([column for counts in shares.values() for column in counts]).astype(float)
    sums = np.vstack([matrix.sum(axis=0), resample_sums(matrix, groups, n_resamples=n_resamples, seed=seed)])
    values = {name: divide(sums[:, 2 * i], sums[:, 2 * i + 1]) for i, name in enumerate(shares)}
    sizes = {name: int(sums[0, 2 * i + 1]) for i, name in enumerate(shares)}
    for name, (minuend, subtrahend) in differences.items():
        values[name] = values[minuend] - values[subtrahend]
        sizes[name] = min(sizes[minuend], sizes[subtrahend])
    return {name: _estimate(drawn, sizes[name], confidence) for name, drawn in values.items()}


def _estimate(drawn: np.ndarray, n: int, confidence: float) -> Estimate:
    """Return the first value with the interval of the others."""
    value = float(drawn[0])
    low, high = (value, value) if np.isnan(value) else percentile_interval(drawn[1:], confidence)
    return Estimate(value, low, high, n)
