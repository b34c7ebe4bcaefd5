"""The supply: whether every modality has as many samples as the mix asks for, and where more are."""

from collections.abc import Mapping

import polars as pl

from proguard.modality_balance.pool import IS_TESTED, IS_TOUCHING, IS_UNMAPPED, select_pool
from proguard.sample import Modality


def check_supply(quotas: Mapping[Modality, int], samples: pl.DataFrame, *, keep_unmapped: bool = True) -> None:
    """Check that every modality has the samples that are asked of it.

    Raises:
        ValueError: When one is short: by how many, what each source of it has, and what is held back of each.
    """
    pool = select_pool(samples, keep_unmapped=keep_unmapped)
    short = []
    for modality, asked in quotas.items():
        there = pool.filter(modality=modality).height
        if asked > there:
            found = "; ".join(_describe_sources(samples.filter(modality=modality))) or "no source has any"
            short.append(f"{modality}: {asked} asked, {there} there, {asked - there} short ({found})")
    if short:
        raise ValueError(
            f"modality_balance: {'. '.join(short)}. Add a source of conf/source that has such samples to the profile, "
            "read more of those that it has, or ask for fewer (total, mix)"
        )


def _describe_sources(samples: pl.DataFrame) -> list[str]:
    """Return a text per source: its samples for training, and those that are kept from it."""
    kind = (
        pl.when(IS_TESTED)
        .then(pl.lit("tested"))
        .when(IS_TOUCHING)
        .then(pl.lit("in a benchmark"))
        .when(IS_UNMAPPED)
        .then(pl.lit("without a category"))
        .otherwise(pl.lit("there"))
    )
    counted = samples.with_columns(kind=kind).group_by("source", "kind").len()
    found: dict[str, dict[str, int]] = {}
    for source, name, n in counted.sort("source", "kind").iter_rows():
        found.setdefault(source, {})[name] = n
    return [f"{source} {', '.join(f'{n} {name}' for name, n in kinds.items())}" for source, kinds in found.items()]
