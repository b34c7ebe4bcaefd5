"""A policy larger than those that a guard was trained with: asked in parts, the verdicts joined.

A small guard that has seen ten categories at once loses the thread over 28. Each part is a policy of its own, so a risk
on another part's list looks OOD to it: an id that any part gives outweighs the names that the others give.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from proguard.policy import Policy
from proguard.sample import Label
from proguard.strata import apportion
from proguard.verdict import Verdict


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


def join_verdicts(verdicts: Sequence[Verdict], policy: Policy) -> Verdict:
    """Return what the parts' verdicts say together about the whole ``policy``.

    Request and response are unsafe when at least half of the parts call them so. Among the verdicts that are unsafe, an
    id of the policy comes before a name; of several, the one that is given most often, the earlier at a tie. The
    reasoning is that of the verdict whose category is taken.

    Args:
        verdicts: At least one, all of one modality.
    """
    request = _majority(v.request for v in verdicts)
    response = None if verdicts[0].response is None else _majority(v.response for v in verdicts)
    unsafe = [v for v in verdicts if v.is_unsafe]
    if "unsafe" not in (request, response):
        return Verdict(request, response, None, next(v.reasoning for v in verdicts if not v.is_unsafe))
    listed = [v for v in unsafe if v.category in policy.ids]
    category = Counter(v.category for v in listed or unsafe).most_common(1)[0][0]
    return Verdict(request, response, category, next(v.reasoning for v in unsafe if v.category == category))


def _majority(labels: Iterable[Label | None]) -> Label:
    counts = Counter(labels)
    return "unsafe" if counts["unsafe"] >= counts["safe"] else "safe"
