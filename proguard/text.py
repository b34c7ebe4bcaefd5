"""What of a text counts: the characters that show something, and the form in which two texts are one."""

import string
import unicodedata
from collections.abc import Callable
from typing import Final

_FILLERS: Final = frozenset(
    chr(code)
    for codes in ([0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0], range(0x180B, 0x1810), range(0xFE00, 0xFE10))
    for code in codes
) | frozenset(map(chr, range(0xE0000, 0xE1000)))
"""Joiners, fillers and variation selectors that Unicode does not class as format characters (Cf)."""


_ACCENTS: Final = frozenset(map(chr, range(0x300, 0x370)))
"""Combining diacritical marks."""


class CharacterTable(dict[int, str]):
    """A table for ``str.translate`` that works out what becomes of a character when it first meets it."""

    def __init__(self, become: Callable[[str], str]) -> None:
        self._become = become

    def __missing__(self, code: int) -> str:
        return self.setdefault(code, self._become(chr(code)))


def is_unseen(character: str) -> bool:
    """Whether a character shows nothing and takes no room: a soft hyphen, a zero-width space, a variation selector."""
    return unicodedata.category(character) == "Cf" or character in _FILLERS


def normalise_text(text: str) -> str:
    """Return ``text`` in the form in which two texts are one: case-folded words between single spaces.

    NFKC-normalised and without unseen characters; marks (accents, vowel signs), emoji and other symbols stay. All
    punctuation, and the symbols of ASCII, are spaces, but for a text that has nothing else.

    Example:
        >>> normalise_text("A  caf\u00e9!"), normalise_text("?!")
        ('a caf\u00e9', '?!')
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    words = folded.translate(_WORDS).split() or folded.translate(_SEEN).split() or folded.split()
    return unicodedata.normalize("NFKC", " ".join(words))


def fold_marks(text: str) -> str:
    """Return ``text`` without the accents of its letters: ``é`` as ``e``, ``й`` as ``и``."""
    letters = (c for c in unicodedata.normalize("NFD", text) if c not in _ACCENTS)
    return unicodedata.normalize("NFC", "".join(letters))


def holds_a_word(text: str) -> bool:
    """Whether ``text`` has a letter or a digit that shows."""
    return any(c.isalnum() and not is_unseen(c) for c in text)


def on_one_line(text: str) -> str:
    """Return ``text`` with runs of spaces, line breaks, control and format characters as single spaces."""
    return " ".join(text.translate(_LINE).split())


def _as_word(character: str) -> str:
    if is_unseen(character):
        return ""
    is_separator = character in string.punctuation or unicodedata.category(character)[0] in "PZ"
    return " " if is_separator or unicodedata.category(character) == "Cc" else character


def _as_line(character: str) -> str:
    is_space = is_unseen(character) or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp", "Zs")
    return " " if is_space else character


_SEEN: Final = CharacterTable(lambda character: "" if is_unseen(character) else character)
_WORDS: Final = CharacterTable(_as_word)
_LINE: Final = CharacterTable(_as_line)
