"""The modality mix of the training material: how many samples of text, image and both, drawn by label and category.

Samples that their source fixed as test are no training material; they pass unchanged.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Literal

import polars as pl

from proguard.sample import MODALITIES, Modality
from proguard.strata import apportion, draw_stratified, with_label

Strategy = Literal["balanced", "natural", "image_scarce"]


def balance_modalities(
    samples: pl.DataFrame, *, strategy: Strategy, total: int | None, image_share: float, seed: int
) -> pl.DataFrame:
    """Return the samples of the mix and those of the test set, sorted by id.

    Args:
        samples: Table of `SAMPLE_SCHEMA`, mapped.
        strategy: ``balanced`` gives each modality a third, ``natural`` leaves the shares as they come,
            ``image_scarce`` gives images ``image_share`` and halves the rest.
        total: Training samples to draw; ``None`` for as many as the strategy allows.
        image_share: Share of images under ``image_scarce``, in [0, 1].

    Raises:
        ValueError: When a modality has fewer samples than its part of ``total``; the message says how many are short.
    """
    is_test = pl.col("split").eq_missing("test")
    pool = with_label(samples.filter(~is_test))
    sizes = {m: pool.filter(modality=m).height for m in MODALITIES}
    quotas = plan_mix(sizes, strategy=strategy, total=total, image_share=image_share)
    drawn = [
        draw_stratified(pool.filter(modality=m), n=n, by=["label", "category"], seed=seed, purpose=f"balance {m}")
        for m, n in quotas.items()
    ]
    return pl.concat([samples.filter(is_test), *(d.select(samples.columns) for d in drawn)]).sort("id")


def plan_mix(
    sizes: Mapping[Modality, int], *, strategy: Strategy, total: int | None, image_share: float
) -> dict[Modality, int]:
    """Return the samples to draw of each modality.

    Raises:
        ValueError: When the strategy is unknown, a share is none, or a modality is short.
    """
    weights = _weights(sizes, strategy=strategy, image_share=image_share)
    if total is None:
        total = _largest_total(sizes, weights)
    quotas = dict(zip(MODALITIES, apportion(total, [weights[m] for m in MODALITIES]), strict=True))
    short = [
        f"{m}: {quotas[m]} asked, {sizes[m]} there, {quotas[m] - sizes[m]} short"
        for m in MODALITIES
        if quotas[m] > sizes[m]
    ]
    if short:
        raise ValueError(
            f"modality_balance.total {total} with strategy {strategy}: {'; '.join(short)}; lower total or add a source"
        )
    if total < 1:
        raise ValueError(f"modality_balance.strategy {strategy}: nothing to draw from {dict(sizes)}")
    return quotas


def report_mix(before: pl.DataFrame, after: pl.DataFrame) -> dict[str, Any]:
    """Return the summary of stage modality_balance: training samples by modality, label and category, both times."""
    return {
        "test_samples": after.filter(split="test").height,
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


def _weights(sizes: Mapping[Modality, int], *, strategy: Strategy, image_share: float) -> dict[Modality, Fraction]:
    match strategy:
        case "balanced":
            return {m: Fraction(1, 3) for m in MODALITIES}
        case "natural":
            return {m: Fraction(sizes[m]) for m in MODALITIES}
        case "image_scarce":
            share = Fraction(str(image_share))
            if not 0 <= share <= 1:
                raise ValueError(f"modality_balance.image_share: expected a share in [0, 1], found {image_share}")
            return {m: share if m == "image" else (1 - share) / 2 for m in MODALITIES}
    raise ValueError(f"modality_balance.strategy: expected balanced, natural or image_scarce, found {strategy!r}")


def _largest_total(sizes: Mapping[Modality, int], weights: Mapping[Modality, Fraction]) -> int:
    """Return the largest total of which no modality's exact part, rounded up, is more than there is."""
    whole = sum(weights.values())
    return min((int(sizes[m] * whole / weights[m]) for m in MODALITIES if weights[m]), default=0)


def _count(samples: pl.DataFrame) -> dict[str, dict[str, int]]:
    pool = with_label(samples.filter(~pl.col("split").eq_missing("test")))
    by_label = pool.group_by("modality", "label").len()
    by_category = pool.filter(pl.col("category").is_not_null()).group_by("category").len()
    return {
        "by_modality": {m: pool.filter(modality=m).height for m in MODALITIES},
        "by_modality_and_label": {f"{m} {label}": n for m, label, n in by_label.iter_rows()},
        "by_category": dict(by_category.iter_rows()),
    }
