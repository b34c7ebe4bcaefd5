"""Readers of answers in tagged fields, from text alone.

A reader takes what models really write: other letter case, a missing colon, special tokens or text after the answer. It
never takes a word of the reasoning for the answer where the answer has a place of its own.
"""

import re
from dataclasses import dataclass
from typing import Final

from proguard.sample import Label


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer says."""

    request: Label | None = None
    response: Label | None = None
    labels: tuple[str, ...] = ()
    """The guard's own categories, in its own words."""

    detail: str = "ok"
    """``no_match``: no place of an answer. ``untagged``: an answer without
    its tag. ``ambiguous``: several answers."""


NO_MATCH: Final = Answered(detail="no_match")

_HARM: dict[str, Label] = {"harmful": "unsafe", "unharmful": "safe"}
_RULE: dict[str, Label] = {"FAIL": "unsafe", "PASS": "safe"}

_ANSWERS = re.compile(r"\bAnswers\b|<result>", re.IGNORECASE)
_RESULT = re.compile(r"\[RESULT\]\s*:\s*(unsafe|safe)\b", re.IGNORECASE)
_UNSAFE_CATEGORY = re.compile(r"\[UNSAFE CATEGORY\]\s*:\s*(O\d{1,2})\b", re.IGNORECASE)
_VERDICT = re.compile(r"\b(PASS|FAIL)\b")


def read_guard_reasoner(text: str) -> Answered:
    """Read ``Request`` and ``Response`` after the last ``Answers`` or ``<result>``; ``None`` means no label."""
    places = list(_ANSWERS.finditer(text))
    if not places:
        return NO_MATCH
    answer = text[places[-1].end() :]
    request, response = _harm("Request", answer), _harm("Response", answer)
    return Answered(request, response)


def _harm(field: str, answer: str) -> Label | None:
    match = re.search(rf"\b{field}\b\s*:?\s*(unharmful|harmful|none)\b", answer, re.IGNORECASE)
    return _HARM.get(match[1].lower()) if match else None


def read_dyna_guard(text: str) -> Answered:
    """Read PASS or FAIL after the last ``<answer>``, else the last one anywhere after the reasoning."""
    _, tag, answer = text.rpartition("<answer>")
    if tag and (match := re.match(r"\s*(PASS|FAIL)\b", answer)):
        return Answered(response=_RULE[match[1]])
    words = _VERDICT.findall(text.rpartition("</think>")[2])
    return Answered(response=_RULE[words[-1]], detail="untagged") if words else NO_MATCH


def read_md_judge(text: str) -> Answered:
    """Read the one ``[RESULT]`` and the code of ``[UNSAFE CATEGORY]``."""
    results = _RESULT.findall(text)
    if len(results) != 1:
        return Answered(detail="ambiguous") if results else NO_MATCH
    label: Label = "unsafe" if results[0].lower() == "unsafe" else "safe"
    labels = tuple(code.upper() for code in _UNSAFE_CATEGORY.findall(text)) if label == "unsafe" else ()
    return Answered(response=label, labels=labels)
