"""The modality mix of the training material: how many samples of text, image and both, and of which strata.

Samples that their source fixed as test and those of published benchmarks are no training material; they pass unchanged.
A sample that duplicates one of a benchmark is left out, and on request an unsafe one that nobody could map.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from proguard.modality_balance.mix import Strategy, plan_mix
from proguard.modality_balance.pool import IS_TESTED, select_pool
from proguard.modality_balance.supply import check_supply
from proguard.sample import MODALITIES, Modality
from proguard.strata import draw_stratified


def balance_modalities(
    samples: pl.DataFrame,
    *,
    strategy: Strategy,
    total: int | None,
    image_share: float,
    mix: Mapping[Modality, int] | None,
    keep_unmapped: bool,
    by: Sequence[Sequence[str]],
    temperature: float,
    seed: int,
) -> pl.DataFrame:
    """Return the samples of the mix and those that are only tested, sorted by id, without the column ``touches``.

    Args:
        samples: Table of `SAMPLE_SCHEMA` and ``touches``, the benchmark that a sample duplicates or null; other columns
            pass.
        strategy: ``balanced`` gives each modality a third, ``natural`` leaves the shares as they come,
            ``image_scarce`` gives images ``image_share`` and halves the rest, ``exact`` gives each its number of
            ``mix``.
        total: Training samples to draw; ``None`` for as many as the strategy allows, all of ``mix`` under ``exact``.
        image_share: Share of images under ``image_scarce``, in [0, 1].
        mix: Samples of each modality under ``exact``; another ``total`` scales them.
        keep_unmapped: Whether unsafe samples without a category are drawn too.
        by: Levels of strata that a modality is shared out over, see `draw_stratified`; ``label`` is one of the columns.
        temperature: Exponent on the sizes of strata, at least 0: 1 shares in proportion, 0 evenly.

    Raises:
        ValueError: When a modality has fewer samples than its part; the message says by how many, and what its sources
            have.
    """
    if temperature < 0:
        raise ValueError(f"modality_balance.temperature: expected 0 or more, found {temperature}")
    pool = select_pool(samples, keep_unmapped=keep_unmapped)
    sizes = {m: pool.filter(modality=m).height for m in MODALITIES}
    quotas = plan_mix(sizes, strategy=strategy, total=total, image_share=image_share, mix=mix)
    check_supply(quotas, samples, keep_unmapped=keep_unmapped)
    drawn = [
        draw_stratified(
            pool.filter(modality=m), n=n, purpose=f"balance {m}", by=by, temperature=temperature, seed=seed
        ).select(samples.columns)
        for m, n in quotas.items()
    ]
    return pl.concat([samples.filter(IS_TESTED), *drawn]).drop("touches").sort("id")
