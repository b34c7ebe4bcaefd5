"""Near-duplicate texts: word shingles, MinHash and bands for candidates, the exact Jaccard index for the decision.

Words and not characters: two short requests that share a template and differ in one noun share nearly all characters,
but a changed word takes some of their few shingles. A changed word in the middle costs ``shingle_words`` of them, so at
0.8 it joins texts of 9 words and more with single words, of 19 with pairs. Single words do not see the order.
`proguard.leakage.words` says what the words of a Chinese or a Thai text are.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl
from datasketch import MinHash
from scipy.sparse import csr_array
from tqdm import tqdm

from proguard.leakage.bands import name_pairs, pairs_by_band
from proguard.leakage.shingles import shingle_texts

N_HASHES = 160
"""Hashes of a signature. More make bands of more hashes, so fewer candidates to compare, and take longer to draw."""

MIN_RECALL = 0.999
"""Probability of finding a pair whose Jaccard index is just the threshold; above it, more."""

SKETCH_HASHES = 64
"""Hashes that candidates are compared by before their shingles are, a byte of each: it spares nearly all the work."""

SKETCH_DEVIATIONS = 4.5
"""Standard deviations that a pair's equal hashes may fall short of what the threshold leads to expect; it overlooks
about 1 in 100,000 pairs just at the threshold."""

_SEED = 1
_BATCH_SIZE = 4096
_PAIRS_AT_ONCE = 2**16
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def find_near_texts(texts: Sequence[str], *, shingle_words: int, text_threshold: float) -> pl.DataFrame:
    """Return the pairs of ``texts`` whose Jaccard index is ``text_threshold`` or more: columns ``a`` and ``b``, sorted.

    Of the pairs just at the threshold about 1 in 1,000 is overlooked; no pair below it is returned.

    Args:
        texts: Normalised (`proguard.text.normalise_text`) and different, in any order.
        shingle_words: Words of a shingle, 1 or more.
        text_threshold: Jaccard index of the two sets of shingles, in (0, 1].

    Raises:
        ValueError: When ``text_threshold`` is out of range.
    """
    rows_per_band = band_size(text_threshold)
    ordered = sorted(texts)
    shingles = shingle_texts(ordered, shingle_words=shingle_words)
    sizes = np.diff(shingles.indptr)
    bands, sketches = _sign(shingles, rows_per_band)
    fewest = fewest_equal(text_threshold)
    found: list[np.ndarray] = []
    for pairs in pairs_by_band(bands):
        small, large = np.sort(sizes[pairs], axis=1).T
        able = pairs[small >= text_threshold * large]
        able = able[np.count_nonzero(sketches[able[:, 0]] == sketches[able[:, 1]], axis=1) >= fewest]
        for start in range(0, len(able), _PAIRS_AT_ONCE):
            chunk = able[start : start + _PAIRS_AT_ONCE]
            found.append(chunk[jaccard(shingles, chunk) >= text_threshold])
    return name_pairs(found, ordered)


def band_size(text_threshold: float) -> int:
    """Return the hashes of a band: the most, so the fewest candidates, at which a pair is found with `MIN_RECALL`.

    Two texts of Jaccard index s are equal in a hash with probability s, in a band of r with s^r, in at least one of b
    bands with 1 - (1 - s^r)^b.

    Raises:
        ValueError: When ``text_threshold`` is not in (0, 1], or so low that no band finds enough.
    """
    if not 0 < text_threshold <= 1:
        raise ValueError(f"leakage.text_threshold: expected above 0 and at most 1, found {text_threshold}")
    for size in range(N_HASHES, 0, -1):
        if (1 - text_threshold**size) ** (N_HASHES // size) <= 1 - MIN_RECALL:
            return size
    raise ValueError(f"leakage.text_threshold {text_threshold}: too low to be found with {N_HASHES} hashes")


def fewest_equal(text_threshold: float) -> float:
    """Return how many of `SKETCH_HASHES` two texts at the threshold have equal, all but surely, or more."""
    deviation = (SKETCH_HASHES * text_threshold * (1 - text_threshold)) ** 0.5
    return SKETCH_HASHES * text_threshold - SKETCH_DEVIATIONS * deviation


def jaccard(shingles: csr_array, pairs: np.ndarray) -> np.ndarray:
    """Return the size of the intersection over that of the union, in [0, 1], for each pair of rows; ``(n_pairs,)``."""
    sizes = np.diff(shingles.indptr)
    left, right = pairs.T
    shared = np.diff(shingles[left].multiply(shingles[right]).tocsr().indptr)
    return shared / (sizes[left] + sizes[right] - shared)


def _sign(shingles: csr_array, rows_per_band: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what is kept of the texts' signatures.

    A number for each text and band, ``(n_texts, n_bands)``: equal bands, equal numbers. And a byte of each of the first
    hashes, ``(n_texts, SKETCH_HASHES)``.
    """
    n_texts, n_bands = shingles.shape[0], N_HASHES // rows_per_band
    bands = np.zeros((n_texts, n_bands), dtype=np.uint64)
    sketches = np.zeros((n_texts, SKETCH_HASHES), dtype=np.uint8)
    with tqdm(total=n_texts, desc="near-duplicate texts", unit="text", disable=not n_texts) as progress:
        for start in range(0, n_texts, _BATCH_SIZE):
            stop = min(start + _BATCH_SIZE, n_texts)
            bounds = shingles.indptr[start : stop + 1]
            rows = (shingles.indices[a:b].tolist() for a, b in pairwise(bounds))
            signed = MinHash.bulk(rows, num_perm=N_HASHES, seed=_SEED, hashfunc=int)
            signatures = np.stack([signature.hashvalues for signature in signed]).astype(np.uint64)
            split = signatures[:, : n_bands * rows_per_band].reshape(stop - start, n_bands, rows_per_band)
            for hashes in np.moveaxis(split, 2, 0):
                bands[start:stop] = (bands[start:stop] ^ hashes) * _FACTOR
            sketches[start:stop] = signatures[:, :SKETCH_HASHES] % np.uint64(251)
            progress.update(stop - start)
    return bands, sketches
