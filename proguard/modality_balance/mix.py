"""The mix: how many samples of each modality a strategy asks for."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from proguard.sample import MODALITIES, Modality
from proguard.strata import apportion

Strategy = Literal["balanced", "natural", "image_scarce", "exact"]


def plan_mix(
    sizes: Mapping[Modality, int],
    *,
    strategy: Strategy,
    total: int | None,
    image_share: float,
    mix: Mapping[Modality, int] | None = None,
) -> dict[Modality, int]:
    """Return the samples to draw of each modality, whether or not there are as many.

    Raises:
        ValueError: When the strategy is unknown, a share is none, ``mix`` does not fit, or nothing is to be drawn.
    """
    weights = _weights(sizes, strategy=strategy, image_share=image_share, mix=mix)
    if total is None:
        total = int(sum(weights.values())) if strategy == "exact" else _largest_total(sizes, weights)
    if total < 1:
        raise ValueError(f"modality_balance.strategy {strategy}: nothing to draw from {dict(sizes)}")
    return dict(zip(MODALITIES, apportion(total, [weights[m] for m in MODALITIES]), strict=True))


def _weights(
    sizes: Mapping[Modality, int], *, strategy: Strategy, image_share: float, mix: Mapping[Modality, int] | None
) -> dict[Modality, Fraction]:
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
        case "exact":
            if mix is None or set(mix) != set(MODALITIES) or min(mix.values()) < 0:
                raise ValueError(f"modality_balance.mix: expected a number for each of {MODALITIES}, found {mix}")
            return {m: Fraction(mix[m]) for m in MODALITIES}
    raise ValueError(
        f"modality_balance.strategy: expected balanced, natural, image_scarce or exact, found {strategy!r}"
    )


def _largest_total(sizes: Mapping[Modality, int], weights: Mapping[Modality, Fraction]) -> int:
    """Return the largest total of which no modality's exact part, rounded up, is more than there is."""
    whole = sum(weights.values())
    return min((int(sizes[m] * whole / weights[m]) for m in MODALITIES if weights[m]), default=0)
