"""Exact shares and seeded draws: what balance and split are made of. Neither depends on the order of rows."""

import hashlib
from collections.abc import Sequence
from fractions import Fraction

import polars as pl


def with_label(samples: pl.DataFrame) -> pl.DataFrame:
    """Return ``samples`` with a column ``label``: unsafe when the request or the response is, else safe."""
    is_unsafe = pl.any_horizontal(pl.col("request_label", "response_label").eq_missing("unsafe"))
    return samples.with_columns(label=pl.when(is_unsafe).then(pl.lit("unsafe")).otherwise(pl.lit("safe")))


def draw_keys(ids: pl.Series, *, seed: int, purpose: str) -> pl.Series:
    """Return a pseudo-random key ``(n,)`` per id; sorting by it is a shuffle that the order of ``ids`` does not change.

    Args:
        purpose: Names the draw, so that two draws of one seed are independent.
    """
    keys = [hashlib.sha256(f"{seed} {purpose} {id_}".encode()).hexdigest()[:16] for id_ in ids]
    return pl.Series("draw_key", keys, dtype=pl.String())


def apportion(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Return whole numbers in proportion to ``weights`` that add up to ``total``, by largest remainder.

    Equal remainders go to the earlier weight. No number is more than one away from its exact share.

    Raises:
        ValueError: When the weights add up to nothing and ``total`` does not.
    """
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError(f"cannot apportion {total} over weights that add up to 0")
        return [0] * len(weights)
    exact = [Fraction(total) * weight / whole for weight in weights]
    numbers = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (numbers[i] - exact[i], i))
    for i in by_remainder[: total - sum(numbers)]:
        numbers[i] += 1
    return numbers


def draw_stratified(rows: pl.DataFrame, *, n: int, by: Sequence[str], seed: int, purpose: str) -> pl.DataFrame:
    """Return ``n`` of ``rows``, each stratum in proportion to its size by largest remainder.

    Args:
        rows: Table with a column ``id``.
        n: At most the number of rows.
        by: Columns that make a stratum; null is a value.
    """
    sizes = rows.group_by(by).len("size").sort(by, nulls_last=True)
    quotas = sizes.with_columns(quota=pl.Series(apportion(n, sizes["size"].to_list()), dtype=pl.Int64()))
    keyed = rows.with_columns(draw_keys(rows["id"], seed=seed, purpose=purpose))
    ranked = keyed.with_columns(rank=pl.col("draw_key").rank("ordinal").over(by))
    drawn = ranked.join(quotas, on=list(by), how="left", nulls_equal=True).filter(pl.col("rank") <= pl.col("quota"))
    return drawn.select(rows.columns).sort("id")
