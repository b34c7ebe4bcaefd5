"""The bootstrap: how far a value could be off by the chance of which rows were drawn.

Whole groups are resampled, because rows that share a prompt or an image are not independent. Every metric is a
function of sums over rows, so a resample is one product of weights with sums by group, and guards whose counts are
side by side meet the same resamples: that makes their difference a paired one.
"""

from collections.abc import Sequence

import numpy as np

_BLOCK_CELLS = 4_000_000
"""Weights held in memory at a time."""


def resample_sums(counts: np.ndarray, groups: Sequence[str], *, n_resamples: int, seed: int) -> np.ndarray:
    """Return the column sums of each resample, ``(n_resamples, k)``; the order of rows has no influence.

    Args:
        counts: Per-row counts, ``(n, k)``, ``n`` at least 1.
        groups: Group of each row, ``(n,)``; as many groups as there are, are drawn with replacement.
        n_resamples: How often to draw, at least 1.
        seed: Seed of the draws.
    """
    names, index = np.unique(np.asarray(groups), return_inverse=True)
    by_group = np.zeros((len(names), counts.shape[1]))
    np.add.at(by_group, index, counts)
    rng = np.random.default_rng(seed)
    share = np.full(len(names), 1 / len(names))
    block = max(1, _BLOCK_CELLS // len(names))
    sizes = [min(block, n_resamples - start) for start in range(0, n_resamples, block)]
    return np.concatenate([rng.multinomial(len(names), share, size) @ by_group for size in sizes])


def percentile_interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """Return the percentile interval of a resampled metric ``(n_resamples,)``.

    Resamples where the metric is undefined are left out; NaN and NaN when it is in all.

    Args:
        values: NaN where the metric is undefined.
        confidence: Share of resamples inside, in (0, 1).
    """
    defined = values[~np.isnan(values)]
    if not defined.size:
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)
