"""The released ProGuard's grammar, read leniently.

Models were seen to write CRLF, a blank after a colon, a capital or a full stop in a label, code fences, no newline
before ``</think>``, a name after an id, two ids, and special tokens. What they write around the answer, or otherwise
than the grammar says, is forgiven as long as one answer is clear. The strict reader is `proguard.verdict`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from proguard.guards.keyed import read_fields
from proguard.sample import Label

_ANSWER = re.compile(r"<answer>((?:(?!<answer>).)*?)</answer>", re.DOTALL | re.IGNORECASE)
_PUBLISHED = r"C\d+(?:S\d+)?"
"""An id of the published taxonomy, shown or not."""

_REFUSAL = re.compile(
    r"\s*(?:i['\u2019]m sorry|i am sorry|sorry,|i['\u2019]m (?:unable|not able)|i am (?:unable|not able)"
    r"|i can(?:not|['\u2019]t| not) (?:assist|help|comply|fulfil|provide|process))",
    re.IGNORECASE,
)
_LABELS: dict[str, Label] = {"safe": "safe", "unsafe": "unsafe"}


@dataclass(frozen=True, slots=True)
class Released:
    """What an answer in the released grammar says."""

    request: Label | None = None
    response: Label | None = None
    category: str | None = None
    """As written; ``None`` for ``None`` and for no such line."""

    ids: tuple[str, ...] = ()
    """Ids in it."""

    is_refusal: bool = False
    """Whether it refuses in words and answers nothing."""

    detail: str = "ok"
    """``no_match``, ``contradiction`` of labels and category, or ``many_categories``."""


def read_released(text: str, shown: Sequence[str] = ()) -> Released:
    """Return what the last answer block says.

    Args:
        text: The answer.
        shown: Ids of the row's policy, whatever their spelling.
    """
    blocks = _ANSWER.findall(text)
    if not blocks:
        return Released(is_refusal=_REFUSAL.match(text) is not None, detail="no_match")
    fields = read_fields(blocks[-1])
    request, response = (_LABELS.get(fields.get(key, "").lower()) for key in ("request", "response"))
    category = fields.get("category") or None
    if category is not None and category.lower() == "none":
        category = None
    ids = (category,) if category in shown else tuple(dict.fromkeys(_ids(tuple(shown)).findall(category or "")))
    detail = "many_categories" if len(ids) > 1 else "ok"
    if (request or response) and ("unsafe" in (request, response)) != (category is not None):
        detail = "contradiction"
    return Released(request, response, category, ids, detail=detail)


@lru_cache(maxsize=256)
def _ids(shown: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern of ids within a category: those that are shown, the longest first, and the published ones.

    An id that has no digit, or nothing else, may be part of a name, so it counts at the beginning only, before a sign.
    """
    coded = [id_ for id_ in shown if not id_.isdecimal() and any(map(str.isdecimal, id_))]
    within = rf"(?<!\w)(?:{_any_of(coded)}|{_PUBLISHED})(?!\w)" if coded else rf"\b{_PUBLISHED}\b"
    plain = [id_ for id_ in shown if id_ not in coded]
    return re.compile(rf"^(?:{_any_of(plain)})(?=\s*[:,;(\u2014]|\s+-\s)|{within}" if plain else within)


def _any_of(ids: Sequence[str]) -> str:
    return "|".join(re.escape(id_) for id_ in sorted(ids, key=len, reverse=True))
