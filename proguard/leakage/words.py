"""The words of a text as the near-duplicate search compares them, where no spaces tell them apart too.

A Chinese character says about as much as an English word, so each is one. Of Japanese syllables, and of Thai, Lao,
Khmer and others, three characters do: a run of them counts as its overlapping triples. Spaces between such characters
only divide phrases, so they change nothing.
"""

import re

TRIPLE = 3

_IDEOGRAPHS = (
    "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua48f\uf900-\ufaff\U00017000-\U00018dff\U00020000-\U0003ffff"
)
"""Han, with the mark of repetition and the zero; Yi; Tangut."""

_UNSPACED = (
    "\u3041-\u3096\u3099-\u30ff\u31f0-\u31ff"  # Hiragana, Katakana
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao; Myanmar; Khmer
    "\u1950-\u19ff\u1a20-\u1aaf\u1b00-\u1b7f"  # Tai Le, New Tai Lue, Khmer symbols; Tai Tham; Balinese
    "\ua980-\ua9ff\uaa60-\uaadf"  # Javanese, Myanmar; Myanmar, Tai Viet
)
_RUNS_ON = re.compile(f"[{_IDEOGRAPHS}{_UNSPACED}]")
_SPACE_WITHIN = re.compile(f"(?<=[{_IDEOGRAPHS}{_UNSPACED}]) (?=[{_IDEOGRAPHS}{_UNSPACED}])")
_WORD = re.compile(f"[{_IDEOGRAPHS}]|[{_UNSPACED}]+|[^ {_IDEOGRAPHS}{_UNSPACED}]+")


def split_words(text: str) -> list[str]:
    """Return the words of a normalised text, in order.

    Example:
        >>> split_words("write \u4ee3\u7801 in go"), split_words("\u304a\u306f\u3088\u3046")
        (['write', '\u4ee3', '\u7801', 'in', 'go'], ['\u304a\u306f\u3088', '\u306f\u3088\u3046'])
    """
    if text.isascii() or not _RUNS_ON.search(text):
        return text.split(" ")
    words: list[str] = []
    for word in _WORD.findall(_SPACE_WITHIN.sub("", text)):
        if len(word) > TRIPLE and _RUNS_ON.match(word):
            words += [word[i : i + TRIPLE] for i in range(len(word) - TRIPLE + 1)]
        else:
            words.append(word)
    return words
