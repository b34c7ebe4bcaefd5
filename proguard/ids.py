"""Ids of categories: which ones a policy or a taxonomy may give, and what in a guard's answer is one and no name.

Ids are any short texts (``C7S2``, ``R1.a``, ``violence/weapons``). What looks like an id depends on those in use: its
numbers may be others, and so may its case, its width and its separators.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from proguard.text import is_unseen

MAX_ID_CHARS = 40

RESERVED = frozenset({"none", "safe", "unsafe", "ood"})
"""Words that mean something else where an id is written, in any case."""

_PUBLISHED = ("C1", "C1S1")
"""Ids of the published taxonomy: a guard may know their shape by heart whatever it is shown."""

_LATIN = str.maketrans("АВСЕНІЈКМОРЅТХасеіјорѕхΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABCEHIJKMOPSTXaceijopsxABEZHIKMNOPTYXo")
"""Cyrillic and Greek letters that look like Latin ones."""

_RUN = re.compile(r"[^\W\d_]+|\d+")
_SIGN = re.compile(r"[^\w\s,&'\u2019-]|_")
"""A character that tells an id of several words from a phrase."""


def check_ids(ids: Sequence[str], *, where: str) -> None:
    """Check that an answer can state every id and that a reader can tell them apart.

    Args:
        where: What gives the ids, for the message.

    Raises:
        ValueError: When an id has a fault, or differs from an earlier one in case or width only; the message names the
            position, from 1 on, and the id.
    """
    first: dict[str, int] = {}
    for position, id_ in enumerate(ids, 1):
        if fault := id_fault(id_):
            raise ValueError(f"{where}: entry {position}: id {id_!r:.80} {fault}; choose another")
        earlier = first.setdefault(fold_id(id_), position)
        if earlier != position:
            raise ValueError(f"{where}: entry {position}: id {id_!r} is that of entry {earlier}; choose another")


def id_fault(id_: object) -> str | None:
    """Return what is wrong with ``id_``; ``None`` when an answer can state it and a reader can see all of it."""
    if not isinstance(id_, str):
        return "is not a text"
    if not id_.strip():
        return "is empty"
    if id_ != id_.strip():
        return "has blanks at an end"
    if len(id_) > MAX_ID_CHARS:
        return f"has {len(id_)} characters, expected {MAX_ID_CHARS} or fewer"
    if not id_.isprintable() or any(map(is_unseen, id_)):
        return "holds a line break or a character that does not print"
    if not set("<>").isdisjoint(fold_id(id_)):
        return "holds an angle bracket"
    return "is a word of the answer's format" if fold_id(id_) in RESERVED else None


@lru_cache(maxsize=4096)
def fold_id(id_: str) -> str:
    """Return ``id_`` without differences of case and width; two ids that are equal here are one to a reader."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", id_).casefold())


def looks_like_id(text: str, ids: frozenset[str]) -> bool:
    """Whether ``text`` is one of ``ids``, or one with other numbers: with ``C7S2`` among them, ``C99S1`` does."""
    return _shapes(ids).fullmatch(text) is not None


def holds_id(text: str, ids: frozenset[str]) -> bool:
    """Whether ``text`` is one of ``ids``, or holds one that a sign or a number tells from an ordinary phrase.

    Where ids are a word and a number, the word before any number is one, spaced or glued to what is before it. Letters
    that look like Latin ones are read as these too.
    """
    folded = {fold_id(text), fold_id(text.translate(_LATIN))}
    return not folded.isdisjoint(map(fold_id, ids)) or any(map(_within(ids).search, folded))


@lru_cache(maxsize=64)
def _shapes(ids: frozenset[str]) -> re.Pattern[str]:
    return _any_of({re.sub(r"\d+", r"\\d+", re.escape(id_)) for id_ in (*ids, *_PUBLISHED)})


@lru_cache(maxsize=64)
def _within(ids: frozenset[str]) -> re.Pattern[str]:
    patterns: set[str] = set()
    for id_ in map(fold_id, (*ids, *_PUBLISHED)):
        runs = _RUN.findall(id_)
        words = runs[: next((i for i, run in enumerate(runs) if run.isdecimal()), 0)]
        if words:
            prefix = r"[\W_]*".join(map(re.escape, words))
            patterns |= {rf"{prefix}\d", rf"\b{prefix}[\W_]+\d"}
        elif len(runs) > 1 and (_SIGN.search(id_) or runs[0].isdecimal()):
            whole = r"\s*".join(map(re.escape, re.findall(r"\w+|[^\w\s]", id_)))
            patterns.add(rf"(?<!\w){whole}(?!\w)")
    return _any_of(patterns)


def _any_of(patterns: set[str]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(patterns)))
