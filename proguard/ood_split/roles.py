"""The role of each sample's category in its policy, and the policy that results."""

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

import polars as pl

from proguard.ood_split.deck import check_n_shown, make_deck
from proguard.ood_split.keyed_policies import draw_policies, row_keys
from proguard.policy import NShown
from proguard.strata import draw_stratified
from proguard.taxonomy import Level, Taxonomy

_CHUNK_ROWS = 16_384
"""Rows whose numbers and texts are in memory at a time."""


def with_role(samples: pl.DataFrame, *, ood_share: float, seed: int) -> pl.DataFrame:
    """Return ``samples`` with a column ``role``.

    Args:
        samples: Table with ``assigned``, ``modality``, ``code`` and ``is_novel``.
        ood_share: Share of the mapped, not novel, unsafe samples whose category the policy hides, in [0, 1]; exact to
            the nearest sample in every split and modality, and in every benchmark by itself, so that it stays the same
            next to others; spread over categories by largest remainder.

    Raises:
        ValueError: When ``ood_share`` is not in [0, 1].
    """
    if not 0 <= ood_share <= 1:
        raise ValueError(f"ood_split.ood_share: expected a share in [0, 1], found {ood_share}")
    can_be_shown = samples.filter(~pl.col("is_novel"), pl.col("code").is_not_null())
    hidden: list[str] = []
    benchmark = pl.when(pl.col("assigned") == "benchmark").then(pl.concat_str(pl.lit(" "), "source"))
    parts = can_be_shown.group_by("assigned", "modality", benchmark.fill_null("").alias("benchmark"))
    for (split, modality, name), rows in parts:
        n = int(Fraction(str(ood_share)) * rows.height + Fraction(1, 2))
        drawn = draw_stratified(rows, n=n, by=[["code"]], seed=seed, purpose=f"hide {split} {modality}{name}")
        hidden += drawn["id"].to_list()
    role = (
        pl.when(pl.col("code").is_null())
        .then(pl.lit("free"))
        .when("is_novel")
        .then(pl.lit("novel"))
        .when(pl.col("id").is_in(hidden))
        .then(pl.lit("hidden"))
        .otherwise(pl.lit("shown"))
    )
    return samples.with_columns(role=role)


def with_policy(
    samples: pl.DataFrame,
    taxonomy: Taxonomy,
    *,
    levels: Mapping[str, Level],
    n_shown: Mapping[str, NShown],
    hide: Level,
    novel: Collection[str],
    shuffle_ids: bool,
    seed: int,
) -> pl.DataFrame:
    """Return ``samples`` with a column ``policy``, as JSON: drawn for each from the seed and its id alone.

    Two draws that differ in ``shuffle_ids`` only show the same categories in the same rows.

    Args:
        samples: Table with ``id``, ``modality``, ``code`` and ``role``.
        levels: Level of the policy by modality.
        n_shown: Numbers of categories to show, by level.
        hide: What is hidden of a category that is: itself, or all of its category.
        novel: Categories that no policy shows.

    Raises:
        ValueError: When a level's ``n_shown`` is not of its form, or a row has nothing to show.
    """
    for level in dict.fromkeys(levels.values()):
        check_n_shown(n_shown[level], level=level)
    parts = [pl.DataFrame(schema={"id": pl.String(), "policy": pl.String()})]
    for (modality, code, role), rows in samples.group_by("modality", "code", "role"):
        level = levels[modality]
        kind: Any = "hidden" if role == "novel" else role
        deck = make_deck(taxonomy, level=level, category=code, role=kind, never_shown=novel, hide=hide)
        for part in rows.select("id").iter_slices(_CHUNK_ROWS):
            keys = row_keys(part["id"], seed=seed)
            drawn = draw_policies(deck, keys, n_shown=n_shown[level], shuffle_ids=shuffle_ids)
            parts.append(part.with_columns(policy=pl.Series(drawn, dtype=pl.String())))
    return samples.join(pl.concat(parts), on="id", how="left", maintain_order="left")
