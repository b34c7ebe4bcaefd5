"""Exact shares and seeded draws: what balance and split are made of. Neither depends on the order of rows."""

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

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


def apportion_within(total: int, weights: Sequence[int | Fraction], caps: Sequence[int]) -> list[int]:
    """Return whole numbers in proportion to ``weights`` that add up to ``total``, none of them above its cap.

    What a cap keeps out goes to the others, again in proportion.

    Raises:
        ValueError: When ``total`` is more than all caps together.
    """
    if total > sum(caps):
        raise ValueError(f"cannot apportion {total} over caps that add up to {sum(caps)}")
    numbers = list(caps)
    left, free = total, list(range(len(caps)))
    while full := [i for i in free if left * weights[i] > caps[i] * sum(weights[j] for j in free)]:
        left -= sum(caps[i] for i in full)
        free = [i for i in free if i not in full]
    for i, number in zip(free, apportion(left, [weights[i] for i in free]), strict=True):
        numbers[i] = number
    return numbers


def draw_stratified(
    rows: pl.DataFrame, *, n: int, by: Sequence[Sequence[str]], temperature: float = 1.0, seed: int, purpose: str
) -> pl.DataFrame:
    """Return ``n`` of ``rows``, sorted by id: of each stratum its share, or all where it has less.

    Args:
        rows: Table with a column ``id``.
        n: At most the number of rows.
        by: Levels, each of columns that together make a stratum, null a value like others: ``n`` is shared out over the
            strata of the first, what each of them gets over those of the second within it, and so on.
        temperature: Exponent on the sizes of the strata of a level: 1 shares in proportion, 0 evenly.
    """
    columns = [column for level in by for column in level]
    sizes = rows.group_by(columns).len("size").sort(columns, nulls_last=True)
    paths = list(zip(*(sizes.select(level).rows() for level in by), strict=True))
    quotas = _share_out(n, paths, sizes["size"].to_list(), temperature=temperature)
    quoted = sizes.with_columns(quota=pl.Series(quotas, dtype=pl.Int64()))
    keyed = rows.with_columns(draw_keys(rows["id"], seed=seed, purpose=purpose))
    ranked = keyed.with_columns(rank=pl.col("draw_key").rank("ordinal").over(columns))
    drawn = ranked.join(quoted, on=columns, how="left", nulls_equal=True).filter(pl.col("rank") <= pl.col("quota"))
    return drawn.select(rows.columns).sort("id")


def _share_out(n: int, paths: Sequence[tuple], sizes: Sequence[int], *, temperature: float) -> list[int]:
    """Return the part of ``n`` of each stratum, given its key on each level; those of one key are adjacent."""
    if not paths or not paths[0]:
        return [n] * len(paths)
    strata = [list(group) for _, group in groupby(range(len(paths)), key=lambda i: paths[i][0])]
    caps = [sum(sizes[i] for i in stratum) for stratum in strata]
    # Rounded, so that two machines whose powers differ in the last bit share out alike.
    weights = [Fraction(round(float(cap) ** temperature, 6)) for cap in caps]
    quotas: list[int] = []
    for quota, stratum in zip(apportion_within(n, weights, caps), strata, strict=True):
        within = ([paths[i][1:] for i in stratum], [sizes[i] for i in stratum])
        quotas += _share_out(quota, *within, temperature=temperature)
    return quotas
