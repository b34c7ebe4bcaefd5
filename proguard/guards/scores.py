"""Risk scores from the probabilities of words."""

from collections.abc import Iterable, Mapping, Sequence


def share_of(probabilities: Mapping[str, float] | None, *, unsafe: Sequence[str], safe: Sequence[str]) -> float | None:
    """Return the share of the words that mean unsafe, in [0, 1]; ``None`` when no word of either kind is known.

    Args:
        probabilities: Of each word at one place; ``None`` when the answer has no such place.
        unsafe: Words that mean unsafe.
        safe: Words that mean safe.
    """
    if probabilities is None:
        return None
    high, low = (sum(probabilities.get(word, 0.0) for word in words) for words in (unsafe, safe))
    return high / (high + low) if high + low > 0 else None


def highest(scores: Iterable[float | None]) -> float | None:
    """Return the highest score; ``None`` unless all are known, since a missing one could be higher."""
    scores = list(scores)
    known = [score for score in scores if score is not None]
    return max(known) if known and len(known) == len(scores) else None
