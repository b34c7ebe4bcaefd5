"""A policy larger than those that a guard was trained with: asked in parts, the answers joined.

A small guard that has seen ten categories at once loses the thread over 28. Each part is a policy of its own, so a risk
on another part's list looks OOD to it. What a part finds on its own list therefore decides alone, and only names, which
every part may give, are put to a vote.
"""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from proguard.policy import Policy
from proguard.sample import Label
from proguard.strata import apportion
from proguard.verdict import Parsed, Verdict


@dataclass(frozen=True, slots=True)
class Joined:
    """What the parts say together."""

    verdict: Verdict | None
    """``None`` when no part gave a verdict, or the rest says safe while one gave none."""

    is_complete: bool
    """Whether every part gave a verdict."""


def split_policy(policy: Policy, max_shown: int | None) -> list[Policy]:
    """Return ``policy`` in parts of at most ``max_shown`` categories, in order and of nearly one size.

    Args:
        max_shown: At least 1; ``None`` leaves it whole.
    """
    if max_shown is None or len(policy.shown) <= max_shown:
        return [policy]
    n_parts = -(-len(policy.shown) // max_shown)
    parts, start = [], 0
    for size in apportion(len(policy.shown), [1] * n_parts):
        shown = policy.shown[start : start + size]
        others = tuple(code for _, code in policy.shown if code not in {c for _, c in shown})
        parts.append(Policy(policy.level, shown, policy.hidden + others))
        start += size
    return parts


def join_parts(answers: Sequence[Parsed], parts: Sequence[Policy]) -> Joined:
    """Return what the answers about the parts of a policy say together.

    A part that calls the sample unsafe and gives an id of its own list decides: labels and category are its own, and
    the first of several gives the category. Otherwise request and response are unsafe when at least half of the
    verdicts call them so, and the category is the most frequent name that the unsafe verdicts give, the earlier at a
    tie. An id that the part does not show is not a name: where no other is given, the category is ``None``. Without a
    verdict from every part, only unsafe can be said.

    Args:
        answers: The answer about each of ``parts``, in the same order; at least one.
    """
    verdicts = [a.verdict if a.is_well_formed else None for a in answers]
    given = [v for v in verdicts if v is not None]
    found = [v for v, part in zip(verdicts, parts, strict=True) if v and v.is_unsafe and v.category in part.ids]
    is_complete = len(given) == len(verdicts)
    if found:
        return Joined(_of_found(found), is_complete)
    if not given:
        return Joined(None, False)
    verdict = _by_vote(given, ids={id_ for part in parts for id_ in part.ids})
    return Joined(verdict if is_complete or verdict.is_unsafe else None, is_complete)


def _of_found(found: Sequence[Verdict]) -> Verdict:
    first = found[0]
    response = None if first.response is None else _any_unsafe(v.response for v in found)
    return Verdict(_any_unsafe(v.request for v in found), response, first.category, first.reasoning)


def _by_vote(verdicts: Sequence[Verdict], *, ids: Set[str]) -> Verdict:
    request = _majority(v.request for v in verdicts)
    response = None if verdicts[0].response is None else _majority(v.response for v in verdicts)
    if "unsafe" not in (request, response):
        return Verdict(request, response, None, next(v.reasoning for v in verdicts if not v.is_unsafe))
    unsafe = [v for v in verdicts if v.is_unsafe]
    named = [v for v in unsafe if v.category not in ids]
    if not named:
        return Verdict(request, response, None, unsafe[0].reasoning)
    category = Counter(v.category for v in named).most_common(1)[0][0]
    return Verdict(request, response, category, next(v.reasoning for v in named if v.category == category))


def _any_unsafe(labels: Iterable[Label | None]) -> Label:
    return "unsafe" if "unsafe" in labels else "safe"


def _majority(labels: Iterable[Label | None]) -> Label:
    counts = Counter(labels)
    return "unsafe" if counts["unsafe"] >= counts["safe"] else "safe"
