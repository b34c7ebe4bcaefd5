"""What may not be split: rows that share a source's group, a request, an image, or near-duplicates of them.

A request that comes with many images ("what does this picture show") joins nothing; see `proguard.carriers`.
"""

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from proguard.carriers import find_carriers
from proguard.text import normalise_text

KEYS = ("group", "text", "image")
"""Columns of which two rows with one value belong together; null joins nothing."""


def with_text(samples: pl.DataFrame, *, carrier_images: int) -> pl.DataFrame:
    """Return ``samples`` with a column ``text``: the normalised request, null where it is absent or a carrier.

    Args:
        carrier_images: Most different images that a request may come with and still tell rows apart.
    """
    carriers = find_carriers(samples.select("request", "image").iter_rows(), carrier_images=carrier_images)
    texts = [None if request is None else normalise_text(request) for request in samples["request"]]
    kept = [text if text and text not in carriers else None for text in texts]
    return samples.with_columns(text=pl.Series(kept, dtype=pl.String()))


def join_groups(
    samples: pl.DataFrame,
    *,
    near_texts: pl.DataFrame,
    near_images: pl.DataFrame,
) -> pl.DataFrame:
    """Return ``samples`` with a column ``component``: equal for rows that may not be split.

    Args:
        samples: Table with a column ``id`` and those of `KEYS`.
        near_texts: Pairs of values of ``text`` that are near-duplicates: columns ``a`` and ``b``.
        near_images: Likewise of values of ``image``.

    Returns:
        The component is the smallest id in it, so that it hangs neither on order nor on numbering.
    """
    edges, size = [np.zeros((0, 2), dtype=np.int64)], samples.height
    near = {"text": near_texts, "image": near_images}
    rows = samples.select(KEYS).with_row_index("row")
    for key in KEYS:
        values = rows.select(pl.col(key).drop_nulls().unique())
        nodes = values.with_columns(node=pl.int_range(size, size + values.height))
        edges.append(rows.join(nodes, on=key).select("row", "node").to_numpy())
        if key in near:
            linked = near[key].join(nodes, left_on="a", right_on=key).join(nodes, left_on="b", right_on=key)
            edges.append(linked.select("node", "node_right").to_numpy())
        size += values.height
    ends = np.concatenate(edges)
    graph = coo_array((np.ones(len(ends), dtype=bool), (ends[:, 0], ends[:, 1])), shape=(size, size))
    _, labels = connected_components(graph, directed=False)
    joined = samples.with_columns(component=pl.Series(labels[: samples.height]))
    return joined.with_columns(component=pl.col("id").min().over("component"))


def both_ways(pairs: pl.DataFrame, key: str) -> pl.DataFrame:
    """Return ``pairs``, of columns ``a`` and ``b``, as columns ``key`` and ``partner``, each pair both ways round."""
    there, back = pairs.select("a", "b"), pairs.select("b", "a")
    return pl.concat([there.rename({"a": key, "b": "partner"}), back.rename({"b": key, "a": "partner"})])
