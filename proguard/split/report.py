"""The report on a split: what each set holds, and what was left out and why."""

from collections.abc import Collection, Sequence
from typing import Any

import polars as pl


def report_split(samples: pl.DataFrame, near_texts: Collection[Any], near_images: Collection[Any]) -> dict[str, Any]:
    """Return the summary of stage ood_split.

    Args:
        samples: All of them, with ``component``, ``label``, ``assigned``, ``dropped``, ``code`` and ``role``.
        near_texts: Pairs of near-duplicate texts that joined groups.
        near_images: Pairs of near-duplicate images that did.
    """
    kept = samples.filter(pl.col("assigned").is_not_null())
    sizes = samples.group_by("component").len()["len"]
    return {
        "rows": _count(kept, ["assigned"]),
        "rows_by_modality": _count(kept, ["assigned", "modality"]),
        "rows_by_label": _count(kept, ["assigned", "label"]),
        "rows_by_role": _count(kept, ["assigned", "role"]),
        "rows_by_modality_label_role": _count(kept, ["assigned", "modality", "label", "role"]),
        "rows_by_category": _count(kept.filter(pl.col("code").is_not_null()), ["assigned", "code"]),
        "groups": len(sizes),
        "largest_group": max(sizes, default=0),
        "near_duplicate_texts": len(near_texts),
        "near_duplicate_images": len(near_images),
        "dropped": _count(samples.filter(pl.col("dropped").is_not_null()), ["dropped"]),
        "dropped_by_source": _count(samples.filter(pl.col("dropped").is_not_null()), ["dropped", "source"]),
    }


def _count(samples: pl.DataFrame, by: Sequence[str]) -> dict[str, int]:
    counts = samples.group_by(by).len().sort(by)
    return {" ".join(values): n for *values, n in counts.iter_rows()}
