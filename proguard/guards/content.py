"""Judged content in a guard's prompt: as it is, but for what could close the prompt's frame.

A frame is what a prompt puts around content: special tokens, tags, and the lines that name who is talking. Content that
holds such a mark would end its own frame, so one character of the mark becomes a look-alike. All other text stays.
"""

import re
from collections.abc import Sequence
from functools import cache

from proguard.prompt import defuse

_TOKEN = re.compile(
    r"<(?=\s*+(?:/\s*+)?(?:\|?(?:begin|end|bos|eos|s|pad|unk|start_of_turn|end_of_turn|sys|rules|transcript|result"
    r"|guardian|score)\b))|\[(?=\s*+(?:/\s*+)?(?:inst|result|unsafe category)\b)",
    re.IGNORECASE,
)
"""Special tokens and tags of the guards' frames, in addition to those that `defuse` knows."""

_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""Characters that a model may take for the end of a line."""

_LOOKS_LIKE = {"<": "\u2039", "[": "\u27e6", ":": "\uff1a", "'": "\u2019", "-": "\u2010", "=": "\u2261"}


def place(content: str | None, marks: Sequence[str] = ()) -> str:
    """Return judged content that can go into a frame; absent is empty.

    Args:
        content: A request or a response.
        marks: Lines of the frame that begin a part, such as ``"AI assistant:"``; where one begins a line of the
            content, letter case and space left out, its last character becomes a look-alike.
    """
    text = _TOKEN.sub(lambda match: _LOOKS_LIKE[match[0]], defuse(content or ""))
    return _lines(tuple(marks)).sub(lambda match: match[1] + _LOOKS_LIKE[match[2]], text) if marks else text


def fill(frame: str, slots: Sequence[tuple[str, str]]) -> str:
    """Return a frame with its slots filled, in the order of their places; what is filled in opens no slot.

    Raises:
        ValueError: When the frame lacks a slot.
    """
    parts, rest = [], frame
    for slot, content in slots:
        before, found, rest = rest.partition(slot)
        if not found:
            raise ValueError(f"the prompt's text has no {slot!r} where one is due")
        parts += [before, content]
    return "".join([*parts, rest])


@cache
def _lines(marks: tuple[str, ...]) -> re.Pattern[str]:
    heads = "|".join(r"\s*".join(re.escape(part) for part in mark[:-1].split()) + r"\s*" for mark in marks)
    ends = "".join(re.escape(mark[-1]) for mark in marks)
    return re.compile(rf"((?:\A|(?<=[{_BREAKS}]))[^\S{_BREAKS}]*(?:{heads}))([{ends}])", re.IGNORECASE)
