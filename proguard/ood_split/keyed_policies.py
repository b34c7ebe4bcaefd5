"""Policies of many rows at once, each from a key of its own: a matrix of numbers instead of a generator per row.

A row's numbers are splitmix64 of its key: as good as random, the same on every machine, and of no other row.
Source of splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
"""

import hashlib
import json
from collections.abc import Iterable

import numpy as np

from proguard.ood_split.deck import Deck
from proguard.policy import NShown

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_LAST = np.iinfo(np.uint64).max


def row_keys(ids: Iterable[str], *, seed: int) -> np.ndarray:
    """Return a key per row, ``(n,)`` of uint64, from the seed and the row's id alone."""
    digests = (hashlib.sha256(f"{seed} policy {id_}".encode()).digest()[:8] for id_ in ids)
    return np.frombuffer(b"".join(digests), dtype="<u8")


def draw_policies(deck: Deck, keys: np.ndarray, *, n_shown: NShown, shuffle_ids: bool) -> list[str]:
    """Return the policy of each row of one deck, as `Policy.to_json` writes it.

    Args:
        keys: What `row_keys` returns, ``(n,)``.
        n_shown: See `NShown`; a policy shows fewer where the deck has fewer.
        shuffle_ids: Give each shown code the id of another, and draw their order; otherwise ids are the codes, in
            taxonomy order. The shown codes are the same either way.
    """
    n, place = len(deck.codes), {code: i for i, code in enumerate(deck.codes)}
    sizes = np.minimum(_draw_sizes(_numbers(keys, first=0, n=1), n_shown), len(deck.pool) + len(deck.gold))
    # The gold code comes first, what may not be shown last, and the others in an order of the row.
    order = _numbers(keys, first=1, n=n)
    order[:, [i for code, i in place.items() if code not in deck.pool]] = _LAST
    order[:, [place[code] for code in deck.gold]] = 0
    is_shown = np.empty((len(keys), n), dtype=bool)
    np.put_along_axis(is_shown, order.argsort(axis=1, kind="stable"), np.arange(n) < sizes, axis=1)
    turn = _numbers(keys, first=1 + n, n=n) if shuffle_ids else np.tile(np.arange(n, dtype=np.uint64), (len(keys), 1))
    turn[~is_shown] = _LAST
    shown = turn.argsort(axis=1, kind="stable")
    ids = _numbers(keys, first=1 + 2 * n, n=n).argsort(axis=1, kind="stable") if shuffle_ids else shown
    most, names = sizes.max(initial=0), [json.dumps(code) for code in deck.codes]
    allowed = [place[code] for code in deck.allowed]
    policies = []
    for size, codes, given in zip(sizes[:, 0].tolist(), shown[:, :most].tolist(), ids[:, :most].tolist(), strict=True):
        kept = set(codes[:size])
        listed = ", ".join([f"[{names[i]}, {names[code]}]" for i, code in zip(given[:size], codes[:size], strict=True)])
        hidden = ", ".join([names[i] for i in allowed if i not in kept])
        policies.append(f'{{"level": "{deck.level}", "shown": [{listed}], "hidden": [{hidden}]}}')
    return policies


def _numbers(keys: np.ndarray, *, first: int, n: int) -> np.ndarray:
    """Return numbers ``first`` to ``first + n`` of each key, ``(rows, n)`` of uint64."""
    with np.errstate(over="ignore"):
        z = keys[:, None] + np.arange(first + 1, first + n + 1, dtype=np.uint64) * _STEP
        z = (z ^ (z >> np.uint64(30))) * _FACTORS[0]
        z = (z ^ (z >> np.uint64(27))) * _FACTORS[1]
        return z ^ (z >> np.uint64(31))


def _draw_sizes(numbers: np.ndarray, n_shown: NShown) -> np.ndarray:
    """Return a number of categories per row, in the shape of ``numbers``."""
    bounds = [n for n in n_shown if isinstance(n, int)]
    if bounds:
        low, high = bounds
        return low + (numbers % np.uint64(high - low + 1)).astype(np.int64)
    sizes, weights = (np.array(part) for part in zip(*n_shown, strict=True))
    shares = np.cumsum(weights) / np.sum(weights)
    return sizes[np.searchsorted(shares, (numbers >> np.uint64(11)) * 2.0**-53, side="right")]
