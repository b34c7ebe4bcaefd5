"""The report on the mix, and its plot data."""

from typing import Any

import polars as pl

from proguard.modality_balance.pool import IS_TOUCHING, IS_UNMAPPED, select_pool
from proguard.sample import MODALITIES


def report_mix(before: pl.DataFrame, after: pl.DataFrame) -> dict[str, Any]:
    """Return the summary of stage modality_balance.

    Args:
        before: What `balance_modalities` took.
        after: What it returned.
    """
    return {
        "test_samples": after.filter(split="test").height,
        "benchmark_samples": after.filter(split="benchmark").height,
        "dropped_touching": dict(before.filter(IS_TOUCHING).group_by("source").len().iter_rows()),
        "unmapped": dict(before.filter(IS_UNMAPPED).group_by("source").len().iter_rows()),
        "before": _count(before),
        "after": _count(after),
    }


def plot_mix(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Return plot data, a row per modality before and after: ``bar``, ``modality``, ``stage``, ``count``."""
    counts = {"before": _count(before)["by_modality"], "after": _count(after)["by_modality"]}
    return pl.DataFrame(
        [
            {"bar": f"{modality} {stage}", "modality": modality, "stage": stage, "count": counts[stage][modality]}
            for modality in MODALITIES
            for stage in ("before", "after")
        ]
    )


def _count(samples: pl.DataFrame) -> dict[str, dict[str, int]]:
    pool = select_pool(samples)
    by_label = pool.group_by("modality", "label").len()
    by_source = pool.group_by("modality", "source").len()
    by_category = pool.filter(pl.col("category").is_not_null()).group_by("category").len()
    return {
        "by_modality": {m: pool.filter(modality=m).height for m in MODALITIES},
        "by_modality_and_label": {f"{m} {label}": n for m, label, n in by_label.iter_rows()},
        "by_modality_and_source": {f"{m} {source}": n for m, source, n in by_source.iter_rows()},
        "by_category": dict(by_category.iter_rows()),
    }
