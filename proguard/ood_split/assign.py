"""Which split each sample goes to, and which samples are left out and why.

A benchmark stays one, and so does a source's own test set. Novel categories are only ever tested. The rest is divided
by whole groups, in order of stratum, so that every split has the same mix.
"""

from collections.abc import Collection, Mapping

import polars as pl

from proguard.strata import draw_keys
from proguard.taxonomy import Level, Taxonomy


def with_code(
    samples: pl.DataFrame, taxonomy: Taxonomy, *, levels: Mapping[str, Level], novel: Collection[str]
) -> pl.DataFrame:
    """Return ``samples`` with columns ``code``, the category at its modality's level, and ``is_novel``.

    ``code`` is null for a safe sample, and for one that is mapped to a category only where a subcategory is asked for.

    Args:
        levels: Level by modality.
        novel: Categories that training never shows; each covers its subcategories.

    Raises:
        ValueError: When the taxonomy lacks a sample's category; the message names it.
    """
    codes = [node.code for node in taxonomy]
    if unknown := sorted(set(samples["category"].drop_nulls()).difference(codes)):
        raise ValueError(f"samples have category {', '.join(unknown)}, which the taxonomy lacks: rerun taxonomy_map")

    def seen_at(level: Level) -> pl.Expr:
        known = {code: taxonomy.code_at(code, level) for code in codes}
        return pl.col("category").replace_strict(known, return_dtype=pl.String())

    is_at_category = pl.col("modality").is_in([m for m, level in levels.items() if level == "category"])
    return samples.with_columns(
        code=pl.when(is_at_category).then(seen_at("category")).otherwise(seen_at("subcategory")),
        is_novel=seen_at("category").is_in(list(novel)).fill_null(value=False),
    )


def assign_splits(samples: pl.DataFrame, *, val_share: float, test_share: float, seed: int) -> pl.DataFrame:
    """Return ``samples`` with columns ``assigned``, the split or null, and ``dropped``, why it is null.

    A sample is dropped as ``touches_benchmark`` or ``touches_test`` when its source fixed it as training material and
    it belongs with a sample of a benchmark or of a source's test set; as ``novel`` when training may not see its
    category; as ``unmapped`` when it is unsafe and its category is not known. A sample that belongs with one of a
    benchmark and is not fixed as training material is tested.

    Args:
        samples: Table with ``id``, ``split`` (the source's), ``component``, ``label``, ``code``, ``is_novel``.
        val_share: Share of what is neither a benchmark, a source's test set nor novel, in [0, 1).
        test_share: Likewise, of the part whose split no source fixes.

    Raises:
        ValueError: When the shares leave nothing for training.
    """
    if min(val_share, test_share) < 0 or val_share + test_share >= 1:
        raise ValueError(
            f"ood_split.val_share {val_share} and test_share {test_share}: expected both in [0, 1), their sum below 1"
        )
    # Named by what is here: the sample that gave a component its name may have been left out.
    fated = _decide_fate(samples.with_columns(component=pl.col("id").min().over("component")))
    is_open = pl.col("assigned").is_null() & pl.col("dropped").is_null()
    test, val = set(), set()
    for is_bound, share in ((True, 0.0), (False, test_share)):
        groups = _order_groups(fated.filter(is_open, is_bound=is_bound), seed=seed)
        test |= take_share(groups, share)
        val |= take_share([g for g in groups if g[0] not in test], val_share / (1 - share))
    divided = (
        pl.when(pl.col("component").is_in(sorted(test)))
        .then(pl.lit("test"))
        .when(pl.col("component").is_in(sorted(val)))
        .then(pl.lit("val"))
        .otherwise(pl.lit("train"))
    )
    assigned = pl.when(is_open).then(divided).otherwise("assigned")
    return _drop_unmapped(fated.with_columns(assigned=assigned)).drop("is_bound")


def take_share(groups: list[tuple[str, int]], share: float) -> set[str]:
    """Return the names of groups that together hold ``share`` of all rows, spread evenly over their order.

    At every point of the order they hold the share of the rows so far, to within half of the largest group.

    Args:
        groups: Name and number of rows of each.
    """
    taken: set[str] = set()
    seen = held = 0
    for name, size in groups:
        seen += size
        if share * seen - held >= size / 2:
            taken.add(name)
            held += size
    return taken


def _decide_fate(samples: pl.DataFrame) -> pl.DataFrame:
    """Return ``samples`` with what is settled beforehand; a group ``is_bound`` when a source fixed a part as train."""
    is_train, is_test, is_benchmark = (pl.col("split").eq_missing(name) for name in ("train", "test", "benchmark"))
    touches_benchmark, is_bound = (claim.any().over("component") for claim in (is_benchmark, is_train))
    touches_test = (is_test | is_benchmark).any().over("component")
    holds_novel = pl.col("is_novel").any().over("component")
    return samples.with_columns(is_bound=is_bound).with_columns(
        assigned=pl.when(is_benchmark)
        .then(pl.lit("benchmark"))
        .when(touches_test & ~is_train)
        .then(pl.lit("test"))
        .when(~touches_test & ~is_bound & holds_novel)
        .then(pl.lit("test")),
        dropped=pl.when(touches_benchmark & is_train)
        .then(pl.lit("touches_benchmark"))
        .when(touches_test & is_train)
        .then(pl.lit("touches_test"))
        .when(~touches_test & is_bound & pl.col("is_novel"))
        .then(pl.lit("novel")),
    )


def _drop_unmapped(samples: pl.DataFrame) -> pl.DataFrame:
    is_unmapped = (pl.col("label") == "unsafe") & pl.col("code").is_null() & (pl.col("assigned") == "train")
    return samples.with_columns(
        assigned=pl.when(~is_unmapped.fill_null(value=False)).then("assigned"),
        dropped=pl.when(is_unmapped).then(pl.lit("unmapped")).otherwise("dropped"),
    )


def _order_groups(pool: pl.DataFrame, *, seed: int) -> list[tuple[str, int]]:
    """Return name and size of each group of ``pool``: by the strata that it touches, then shuffled."""
    stratum = pl.concat_str("modality", "label", pl.col("category").fill_null(""), separator=" ")
    touched = pool.group_by("component", stratum.alias("stratum")).len("size").sort("component", "stratum")
    parts = touched.group_by("component", maintain_order=True)
    groups = parts.agg(pl.col("stratum").str.join(" + ").alias("strata"), pl.col("size").sum())
    keyed = groups.with_columns(draw_keys(groups["component"], seed=seed, purpose="split"))
    return list(keyed.sort("strata", "draw_key").select("component", "size").iter_rows())
