"""The report on leakage: rows of each set that touch another, by kind, with examples by id.

A set is a source, a source's own test set or a benchmark. Rows are counted and not pairs of rows, of which there can be
as many as rows squared.
"""

from typing import Any

import polars as pl

from proguard.leakage.groups import both_ways


def report_leakage(
    linked: pl.DataFrame,
    *,
    near_texts: pl.DataFrame,
    near_images: pl.DataFrame,
    n_examples: int,
) -> dict[str, Any]:
    """Return the summary of stage leakage.

    Args:
        linked: All samples, with ``text``, ``component`` and ``touches``.
        near_texts: Pairs of values of ``text`` that are near-duplicates: columns ``a`` and ``b``.
        near_images: Likewise of values of ``image``.
        n_examples: Pairs of ids to give for each pair of sets and kind.

    Returns:
        ``rows`` and ``tested``: rows by set, and the sets that are not for training; ``pairs``: for each pair of sets
        and kind, with a set itself too, the rows of each that have a duplicate in the other, and examples;
        ``dropped``: rows that are left out of training, by set and the first benchmark that they touch; a source's own
        test rows stay.
    """
    named = linked.with_columns(set=name_set())
    links = _find_links(named, near_texts, near_images)
    sizes = linked.group_by("component").len()["len"]
    is_tested = pl.col("split").is_in(["test", "benchmark"]).fill_null(value=False)
    tested = named.filter(is_tested)
    dropped = named.filter(~is_tested, pl.col("touches").is_not_null())
    return {
        "rows": dict(named.group_by("set").len().sort("set").iter_rows()),
        "tested": tested["set"].unique().sort().to_list(),
        "components": len(sizes),
        "largest_component": max(sizes, default=0),
        "near_text_pairs": near_texts.height,
        "near_image_pairs": near_images.height,
        "pairs": _count_pairs(links, n_examples=n_examples),
        "dropped": _nest(dropped.group_by("set", "touches").len().sort("set", "touches")),
        "dropped_rows": dropped.height,
    }


def name_set() -> pl.Expr:
    """Return the name of a row's set: its source, marked when it is the source's own test set."""
    return pl.when(pl.col("split").eq_missing("test")).then(pl.col("source") + " (test)").otherwise("source")


def _find_links(named: pl.DataFrame, near_texts: pl.DataFrame, near_images: pl.DataFrame) -> pl.DataFrame:
    """Return a row per row, kind and set that it touches: ``id``, ``set``, ``kind``, ``other``, ``other_id``.

    ``other_id`` is the smallest id that the row touches by one value; null where that is the row itself.
    """
    found = []
    for key, pairs in (("text", near_texts), ("image", near_images)):
        members = named.filter(pl.col(key).is_not_null()).select("id", "set", key)
        holders = members.group_by(pl.col(key).alias("partner"), pl.col("set").alias("other")).agg(
            pl.len().alias("n"), pl.col("id").min().alias("other_id")
        )
        exact = members.with_columns(pl.col(key).alias("partner")).join(holders, on="partner")
        is_alone = (pl.col("set") == pl.col("other")) & (pl.col("n") == 1)
        near = members.join(both_ways(pairs, key), on=key).join(holders, on="partner")
        for kind, joined in ((f"exact_{key}", exact.filter(~is_alone)), (f"near_{key}", near)):
            found.append(joined.select("id", "set", pl.lit(kind).alias("kind"), "other", "other_id"))
    is_itself = pl.col("id") == pl.col("other_id")
    return pl.concat(found).with_columns(other_id=pl.when(~is_itself).then("other_id"))


def _count_pairs(links: pl.DataFrame, *, n_examples: int) -> list[dict[str, Any]]:
    """Return a record per pair of sets and kind, the sets in the order of their names."""
    counts = links.group_by("set", "other", "kind").agg(pl.col("id").n_unique().alias("n"))
    turned = counts.select(pl.col("other").alias("set"), pl.col("set").alias("other"), "kind", n_other="n")
    pairs = counts.filter(pl.col("set") <= pl.col("other")).join(turned, on=["set", "other", "kind"])
    examples = _find_examples(links, n=n_examples)
    return [
        {"sets": [first, second], "kind": kind, "rows": [n, n_other], "examples": examples[first, second, kind]}
        for first, second, kind, n, n_other in pairs.sort("set", "other", "kind").iter_rows()
    ]


def _find_examples(links: pl.DataFrame, *, n: int) -> dict[tuple[str, str, str], list[list[str]]]:
    """Return the first ``n`` pairs of ids by pair of sets and kind; a pair within a set is given once."""
    low, high = pl.min_horizontal("id", "other_id"), pl.max_horizontal("id", "other_id")
    is_inside = pl.col("set") == pl.col("other")
    pairs = links.filter(pl.col("set") <= pl.col("other"), pl.col("other_id").is_not_null()).select(
        "set",
        "other",
        "kind",
        first=pl.when(is_inside).then(low).otherwise("id"),
        second=pl.when(is_inside).then(high).otherwise("other_id"),
    )
    found: dict[tuple[str, str, str], list[list[str]]] = {}
    for *key, first, second in pairs.unique().sort(pl.all()).group_by("set", "other", "kind").head(n).iter_rows():
        found.setdefault(tuple(key), []).append([first, second])
    return found


def _nest(counts: pl.DataFrame) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for outer, inner, n in counts.iter_rows():
        nested.setdefault(outer, {})[inner] = n
    return nested
