"""Texts as sets of hashed shingles: runs of words, counted, so that a word said twice is two members of the set.

Without the count, one changed word weighs more in a text that repeats others, and how long a text must be for a changed
word to be found could not be said.
"""

from collections.abc import Sequence
from hashlib import blake2b
from itertools import chain

import numpy as np
from scipy.sparse import csr_array

from proguard.leakage.words import split_words

N_VALUES = 2**31 - 1
"""Shingles are numbers below this: of two texts of 1,000 words, one pair in 2,000 has two that collide."""

_BATCH_SIZE = 4096
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def shingle_texts(texts: Sequence[str], *, shingle_words: int) -> csr_array:
    """Return a row per text that is true at the text's shingles: ``(len(texts), N_VALUES)``, indices sorted.

    The k-th occurrence of a run is another shingle than its first.

    Args:
        texts: Normalised and not empty, so that single spaces divide the words (`split_words`).
        shingle_words: Words of a run; a shorter text is one run.

    Raises:
        ValueError: When ``shingle_words`` is below 1.
    """
    if shingle_words < 1:
        raise ValueError(f"leakage.shingle_words: expected 1 or more, found {shingle_words}")
    counts, columns = [np.zeros(1, dtype=np.int64)], [np.zeros(0, dtype=np.int32)]
    for start in range(0, len(texts), _BATCH_SIZE):
        words = [split_words(text) for text in texts[start : start + _BATCH_SIZE]]
        row, value = _hash_runs(words, shingle_words)
        row, value = _unique(row, _number(row, value) % np.uint64(N_VALUES))
        counts.append(np.bincount(row, minlength=len(words)))
        columns.append(value.astype(np.int32))
    indices = np.concatenate(columns)
    indptr = np.cumsum(np.concatenate(counts))
    return csr_array((np.ones(len(indices), dtype=bool), indices, indptr), shape=(len(texts), N_VALUES))


def _hash_runs(texts: list[list[str]], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the text's number and the hash of every run of ``n`` words, in the order of the texts."""
    hashes = {word: int.from_bytes(blake2b(word.encode(), digest_size=8).digest()) for word in set(chain(*texts))}
    flat = np.array([hashes[word] for words in texts for word in words], dtype=np.uint64)
    lengths = np.array([len(words) for words in texts])
    row = np.repeat(np.arange(len(texts)), lengths)
    position = np.arange(len(flat))
    end = np.cumsum(lengths)[row]
    value = np.zeros(len(flat), dtype=np.uint64)
    for shift in range(n):
        following = np.where(position + shift < end, flat[np.minimum(position + shift, len(flat) - 1)], np.uint64(0))
        value = _mix(value + following)
    is_run = (position + n <= end) | (position == end - lengths[row])
    return row[is_run], value[is_run]


def _number(row: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return the hashes of each ``value`` with how many of it came before in its row; ``row`` is sorted and stays."""
    value = value[np.lexsort((value, row))]
    position = np.arange(len(value))
    n_before = position - np.maximum.accumulate(np.where(_is_new(row, value), position, 0))
    return _mix(value + n_before.astype(np.uint64))


def _unique(row: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different values of each row, in order; ``row`` is sorted."""
    value = value[np.lexsort((value, row))]
    is_new = _is_new(row, value)
    return row[is_new], value[is_new]


def _is_new(row: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return whether each row and value, sorted, differ from those before."""
    return np.append(True, (value[1:] != value[:-1]) | (row[1:] != row[:-1]))


def _mix(value: np.ndarray) -> np.ndarray:
    value = (value ^ (value >> np.uint64(32))) * _FACTOR
    return value ^ (value >> np.uint64(29))
