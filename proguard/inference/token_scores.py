"""Probabilities of words at a place in a completion, from the tokens of any engine.

Tokenizers differ: a word may be one token or begin with one, follow a blank, or share a token with the colon before it.
So places and words are found by the text of tokens, with space left out, and never by a token's number.
"""

from collections.abc import Callable, Mapping, Sequence

from proguard.inference.engine import Mark

Candidates = Callable[[int], Mapping[str, float]]
"""Probability by text of the tokens that could come at a position."""

_LEADS = " \t\r\n:\"'>*"
"""Characters that a token may hold before the word."""


def score_mark(tokens: Sequence[str], candidates: Candidates, mark: Mark) -> Mapping[str, float] | None:
    """Return the probability of each word at a mark, 0 for one that no candidate begins; ``None`` without the place.

    Of several places the last one counts: reasoning may name what the answer then states. A token counts for the word
    that it begins. One that begins several words, as ``n`` of ``no`` and ``n/a``, counts for none.

    Args:
        tokens: Text of each token of the completion, in order.
        candidates: Of a position of ``tokens``.
        mark: Place and words.
    """
    place = _find(tokens, _squeeze(mark.after))
    if place is None:
        return None
    index, lead = place
    found = dict.fromkeys(mark.words, 0.0)
    for token, probability in candidates(index).items():
        text = _squeeze(token)
        if text.startswith(lead) and (word := _word_of(text[len(lead) :], mark.words)):
            found[word] += probability
    return found


def may_begin(token: str, words: Sequence[str]) -> bool:
    """Return whether a token could count for one of ``words`` at some mark."""
    text = _squeeze(token).lstrip(_LEADS)
    return bool(text) and any(word.startswith(text) for word in words)


def _find(tokens: Sequence[str], after: str) -> tuple[int, str] | None:
    """Return the token that follows ``after``, and the part of ``after`` that this very token still holds."""
    texts = [_squeeze(token) for token in tokens]
    whole = "".join(texts)
    start = whole.rfind(after, 0, len(whole) - 1) if after else 0
    if start < 0 or len(whole) <= start + len(after):
        return None
    end, begin = start + len(after), 0
    for index, text in enumerate(texts):
        if begin + len(text) > end:
            return index, after[max(0, begin - start) :]
        begin += len(text)
    return None


def _word_of(text: str, words: Sequence[str]) -> str | None:
    if text in words:
        return text
    begun = [word for word in words if text and word.startswith(text)]
    return begun[0] if len(begun) == 1 else None


def _squeeze(text: str) -> str:
    return "".join(text.split())
