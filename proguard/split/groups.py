"""What may not be split: rows that share a source's group, a request, an image, or near-duplicates of them.

A request that stands with many images ("what does this picture show") joins nothing; see `proguard.carriers`.
"""

from collections.abc import Collection, Iterable

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from proguard.carriers import find_carriers
from proguard.sample import normalise_text

KEYS = ("group", "text", "image")
"""Columns of which two rows with one value belong together; null joins nothing."""


def with_text(samples: pl.DataFrame, *, carrier_images: int) -> pl.DataFrame:
    """Return ``samples`` with a column ``text``: the normalised request, null where it is absent or a carrier.

    Args:
        carrier_images: Most different images that a request may stand with and still tell rows apart.
    """
    carriers = find_carriers(samples.select("request", "image").iter_rows(), carrier_images=carrier_images)
    texts = [None if request is None else normalise_text(request) for request in samples["request"]]
    kept = [text if text and text not in carriers else None for text in texts]
    return samples.with_columns(text=pl.Series(kept, dtype=pl.String()))


def join_groups(
    samples: pl.DataFrame,
    *,
    near_texts: Collection[tuple[str, str]] = (),
    near_images: Collection[tuple[str, str]] = (),
) -> pl.DataFrame:
    """Return ``samples`` with a column ``component``: equal for rows that may not be split.

    Args:
        samples: Table with a column ``id`` and those of `KEYS`.
        near_texts: Pairs of values of ``text`` that are near-duplicates.
        near_images: Pairs of values of ``image`` that are.

    Returns:
        The component is the smallest id in it, so that it hangs neither on order nor on numbering.
    """
    n = samples.height
    node_of: dict[tuple[str, str], int] = {}
    edges: list[tuple[int, int]] = []
    for key in KEYS:
        for row, value in enumerate(samples[key]):
            if value is not None:
                edges.append((row, node_of.setdefault((key, value), n + len(node_of))))
    edges += _links(near_texts, "text", node_of) + _links(near_images, "image", node_of)
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    size = n + len(node_of)
    graph = coo_array((np.ones(len(ends), dtype=bool), (ends[:, 0], ends[:, 1])), shape=(size, size))
    _, labels = connected_components(graph, directed=False)
    joined = samples.with_columns(component=pl.Series(labels[:n]))
    return joined.with_columns(component=pl.col("id").min().over("component"))


def _links(pairs: Iterable[tuple[str, str]], key: str, node_of: dict[tuple[str, str], int]) -> list[tuple[int, int]]:
    return [(node_of[key, a], node_of[key, b]) for a, b in pairs]
