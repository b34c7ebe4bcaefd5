"""The role of each sample's category in its policy, and the row that results."""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction

import polars as pl

from proguard.policy import draw_policy
from proguard.row import Row
from proguard.sample import SAMPLE_SCHEMA, Sample
from proguard.strata import draw_stratified
from proguard.taxonomy import Level, Taxonomy


def with_role(samples: pl.DataFrame, *, ood_share: float, seed: int) -> pl.DataFrame:
    """Return ``samples`` with a column ``role``.

    Args:
        samples: Table with ``assigned``, ``modality``, ``code`` and ``is_novel``.
        ood_share: Share of the mapped, not novel, unsafe samples whose category the policy hides, in [0, 1]; exact to
            the nearest sample in every split and modality, and spread over categories by largest remainder.

    Raises:
        ValueError: When ``ood_share`` is no share.
    """
    if not 0 <= ood_share <= 1:
        raise ValueError(f"ood_split.ood_share: expected a share in [0, 1], found {ood_share}")
    can_be_shown = samples.filter(~pl.col("is_novel"), pl.col("code").is_not_null())
    hidden: list[str] = []
    for (split, modality), rows in can_be_shown.group_by("assigned", "modality"):
        n = int(Fraction(str(ood_share)) * rows.height + Fraction(1, 2))
        drawn = draw_stratified(rows, n=n, by=["code"], seed=seed, purpose=f"hide {split} {modality}")
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


def draw_rows(
    samples: pl.DataFrame,
    taxonomy: Taxonomy,
    *,
    levels: Mapping[str, Level],
    n_shown: Mapping[str, Sequence[int]],
    novel: Collection[str],
    shuffle_ids: bool,
    seed: int,
) -> Iterator[Row]:
    """Yield a row per sample: its policy drawn from the seed and its id alone.

    Two draws that differ in ``shuffle_ids`` only show the same categories in the same rows.

    Args:
        samples: Table of `SAMPLE_SCHEMA` with ``code`` and ``role``.
        levels: Level of the policy by modality.
        n_shown: Fewest and most categories to show, by level.
        novel: Categories that no policy shows.
    """
    for record in samples.iter_rows(named=True):
        level, role = levels[record["modality"]], record["role"]
        policy = draw_policy(
            taxonomy,
            level=level,
            category=record["code"],
            role="hidden" if role == "novel" else role,
            n_shown=tuple(n_shown[level]),
            never_shown=novel,
            shuffle_ids=shuffle_ids,
            rng=random.Random(f"{seed} policy {record['id']}"),
        )
        yield Row(Sample(**{name: record[name] for name in SAMPLE_SCHEMA}), policy, role)
