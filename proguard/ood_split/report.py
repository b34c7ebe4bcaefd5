"""The report on a split: what each set holds, and what was left out and why."""

from collections.abc import Sequence
from typing import Any

import polars as pl


def report_split(samples: pl.DataFrame, *, novel: Sequence[str]) -> dict[str, Any]:
    """Return the summary of stage ood_split.

    Args:
        samples: All of them, with ``component``, ``label``, ``assigned``, ``dropped``, ``code`` and ``role``.
        novel: Categories that training never shows.
    """
    kept = samples.filter(pl.col("assigned").is_not_null())
    sizes = samples.group_by("component").len()["len"]
    return {
        "novel": list(novel),
        "rows": _count(kept, ["assigned"]),
        "rows_by_source": _count(kept, ["assigned", "source"]),
        "rows_by_modality": _count(kept, ["assigned", "modality"]),
        "rows_by_label": _count(kept, ["assigned", "label"]),
        "rows_by_role": _count(kept, ["assigned", "role"]),
        "rows_by_modality_label_role": _count(kept, ["assigned", "modality", "label", "role"]),
        "rows_by_category": _count(kept.filter(pl.col("code").is_not_null()), ["assigned", "code"]),
        "groups": len(sizes),
        "largest_group": max(sizes, default=0),
        "dropped": _count(samples.filter(pl.col("dropped").is_not_null()), ["dropped"]),
        "dropped_by_source": _count(samples.filter(pl.col("dropped").is_not_null()), ["dropped", "source"]),
    }


def _count(samples: pl.DataFrame, by: Sequence[str]) -> dict[str, int]:
    counts = samples.group_by(by).len().sort(by)
    return {" ".join(values): n for *values, n in counts.iter_rows()}
