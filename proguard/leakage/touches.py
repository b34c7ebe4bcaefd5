"""Which rows touch a published evaluation set: a guard that trains on them is tested on what it has seen."""

import polars as pl

from proguard.leakage.groups import both_ways


def with_touches(samples: pl.DataFrame, *, near_texts: pl.DataFrame, near_images: pl.DataFrame) -> pl.DataFrame:
    """Return ``samples`` with a column ``touches``: the first benchmark, by name, that the row is a duplicate of.

    A row touches a benchmark when it has the text, the image or the group of one of its rows, or a near-duplicate of
    its text or image, and when another row of its own group does. It is one step: what a duplicate of it touches does
    not count, since near-duplicates of near-duplicates may have nothing in common.

    Args:
        samples: Table with ``source``, ``split``, ``group``, ``text`` and ``image``; absent texts and images are null.
        near_texts: Pairs of values of ``text`` that are near-duplicates: columns ``a`` and ``b``.
        near_images: Likewise of values of ``image``.

    Returns:
        ``touches`` is null for a row that touches none, and for the benchmarks' own rows.
    """
    is_benchmark = pl.col("split").eq_missing("benchmark")
    own = samples.with_columns(benchmark=pl.when(is_benchmark).then("source"))
    own = _with_benchmark(own, both_ways(near_texts, "text"), key="text")
    own = _with_benchmark(own, both_ways(near_images, "image"), key="image")
    direct = pl.min_horizontal("benchmark", "benchmark_text", "benchmark_image")
    touches = pl.when(pl.col("group").is_null()).then(direct).otherwise(direct.min().over("group"))
    return samples.with_columns(own.select(touches=pl.when(~is_benchmark).then(touches)))


def _with_benchmark(samples: pl.DataFrame, near: pl.DataFrame, *, key: str) -> pl.DataFrame:
    """Return ``samples`` with ``benchmark_<key>``: the first that has the row's ``key`` or one near it."""
    named = samples.filter(pl.col("benchmark").is_not_null(), pl.col(key).is_not_null())
    holders = named.group_by(key).agg(pl.col("benchmark").min())
    nearby = near.join(holders, left_on="partner", right_on=key).select(key, "benchmark")
    first = pl.concat([holders, nearby]).group_by(key).agg(pl.col("benchmark").min().alias(f"benchmark_{key}"))
    return samples.join(first, on=key, how="left", maintain_order="left")
