"""Near-duplicate images: perceptual hashes of 64 bits that differ in few of them; collect puts them into the shards.

For photos. Leave it off for drawings: pictograms of the mini world that show different signs can have one hash, and two
images of rendered text differ in as few as 8 bits.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
import polars as pl

from proguard.leakage.bands import name_pairs, pairs_by_band
from proguard.storage.images import ImageStore

N_BITS = 64


def find_near_images(images: Iterable[str], store: ImageStore, *, image_hash_distance: int | None) -> pl.DataFrame:
    """Return the pairs of ``images`` that look alike: columns ``a`` and ``b``, sorted.

    Args:
        images: SHA-256 of each.
        image_hash_distance: Most bits, of 64, that two perceptual hashes may differ in; ``None`` finds no pairs and
            opens no shard.
    """
    if image_hash_distance is None:
        return name_pairs([], [])
    hashes = store.phashes(set(images))
    return near_hashes({sha: int(digits, 16) for sha, digits in hashes.items()}, image_hash_distance)


def near_hashes(hashes: Mapping[str, int], distance: int) -> pl.DataFrame:
    """Return the pairs of keys whose hashes differ in ``distance`` bits or fewer: columns ``a`` and ``b``, sorted.

    Two hashes that differ in d bits are equal in one of d + 1 bands, so only those that are equal in one are compared.

    Raises:
        ValueError: When ``distance`` is not in [0, 16].
    """
    if not 0 <= distance <= 16:
        raise ValueError(f"leakage.image_hash_distance: expected 0 to 16 of {N_BITS} bits, found {distance}")
    keys = sorted(hashes)
    values = np.array([hashes[key] for key in keys], dtype=np.uint64)
    edges = [N_BITS * i // (distance + 1) for i in range(distance + 2)]
    bands = [values >> np.uint64(low) & np.uint64(2 ** (high - low) - 1) for low, high in pairwise(edges)]
    found: list[np.ndarray] = []
    for pairs in pairs_by_band(np.stack(bands, axis=1)):
        left, right = values[pairs].T
        found.append(pairs[np.bitwise_count(left ^ right) <= distance])
    return name_pairs(found, keys)
