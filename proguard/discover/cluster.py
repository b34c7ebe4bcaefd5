"""Clusters of free names that mean the same risk: HDBSCAN over their embeddings, a point for each time that one came.

A name that is given often is dense by itself, so a risk that the guard always names alike is found too. Copies beyond
the smallest size of a cluster change nothing and are left out, which bounds the cost by the number of distinct names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

Encode = Callable[[Sequence[str]], np.ndarray]
"""Returns unit vectors ``(n, dim)`` of texts."""

NOISE = -1
"""Label of a point in no cluster."""

DIGITS = 5
"""Decimals of a vector that count, so that the batch in which a text was embedded leaves no trace."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Names that mean the same risk."""

    centre: str
    """The name that is nearest to all rows of the cluster."""

    names: tuple[str, ...]
    """All of them, the centre included: the most frequent first, then by alphabet."""

    support: int
    """Rows that one of them was given to."""


def cluster_names(counts: Mapping[str, int], encode: Encode, *, min_support: int, same_from: float) -> list[Cluster]:
    """Return the clusters of names, the largest support first; a name in none is noise.

    Args:
        counts: How often each name came, at least 1.
        encode: Embeds names.
        min_support: Fewest rows of a cluster, at least 2.
        same_from: Cosine with a cluster's centre from which a name belongs to it, in [0, 1).

    Raises:
        ValueError: When a setting is out of range.
    """
    if min_support < 2:
        raise ValueError(f"discover.min_support: expected 2 or more, found {min_support}")
    if not 0 <= same_from < 1:
        raise ValueError(f"discover.same_from: expected a cosine in [0, 1), found {same_from}")
    names = sorted(counts)
    copies = [min(counts[name], min_support) for name in names]
    if sum(copies) < min_support:
        return []
    vectors = np.asarray(encode(names), dtype=float).round(DIGITS)
    index = np.repeat(np.arange(len(names)), copies)
    labels = _label(vectors[index], min_support, same_from)
    members = [np.unique(index[labels == label]) for label in sorted(set(labels) - {NOISE})]
    found = [_tighten(own, names, vectors, counts, same_from) for own in members]
    return sorted((c for c in found if c.support >= min_support), key=lambda c: (-c.support, c.centre))


def _label(vectors: np.ndarray, min_support: int, same_from: float) -> np.ndarray:
    """Return the cluster of each point, `NOISE` for none.

    The leaves of the tree are taken, not the most persistent clusters: copies of one name persist without end. Leaves
    nearer to each other than ``same_from`` are joined, all of them into one if they are. A tree without leaves, of one
    kind of name only, is asked for its root.
    """
    from sklearn.cluster import HDBSCAN

    for method in ("leaf", "eom"):
        model = HDBSCAN(
            min_cluster_size=min_support,
            min_samples=1,
            cluster_selection_epsilon=sqrt(2 - 2 * same_from),
            cluster_selection_method=method,
            allow_single_cluster=True,
            copy=True,
        )
        labels = model.fit(vectors).labels_
        if (labels != NOISE).any():
            break
    return labels


def _tighten(
    own: np.ndarray, names: Sequence[str], vectors: np.ndarray, counts: Mapping[str, int], same_from: float
) -> Cluster:
    """Return a cluster with the names that are near its centre: density alone also joins what has nothing in common."""
    weights = np.array([counts[names[i]] for i in own])
    cosines = (vectors[own] @ vectors[own].T).round(DIGITS)
    nearness = (cosines @ weights).round(DIGITS)
    best = min(range(len(own)), key=lambda i: (-nearness[i], -weights[i], names[int(own[i])]))
    kept = [names[own[i]] for i in range(len(own)) if i == best or cosines[best, i] >= same_from]
    return Cluster(
        centre=names[own[best]],
        names=tuple(sorted(kept, key=lambda name: (-counts[name], name))),
        support=sum(counts[name] for name in kept),
    )
