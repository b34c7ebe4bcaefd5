"""Outcomes as results of OpenAI's moderation API: every field present and of its exact type."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proguard.moderate.outcome import Outcome
from proguard.moderate.policy_file import OwnPolicy
from proguard.serve.openai_names import OPENAI_NAMES, openai_names_of

UNLISTED = "unlisted"
"""Key of a risk that the policy does not list, and of what has no verdict."""

_THRESHOLD = 0.5
"""What clients compare scores with by default."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells under which guard and policy an outcome came about."""

    guard: str
    """Name under which the guard is served."""

    hashes: Mapping[str, str]


def make_result(outcome: Outcome, policy: OwnPolicy, identity: Identity, *, explain: bool) -> dict[str, Any]:
    """Return the result of one outcome.

    ``categories`` holds OpenAI's thirteen names, one key for each id of the policy and ``unlisted``. What is true there
    comes from the outcome's category and the wider one that it belongs to. ``unlisted`` is true of whatever is flagged
    without a category, an item without a verdict among them: some clients read categories or scores and not
    ``flagged``.

    Args:
        explain: Whether to add the guard's own words, which may repeat what was judged.
    """
    true = _true_names(outcome, policy)
    names = dict.fromkeys((*OPENAI_NAMES, *policy.names, UNLISTED))
    score = agreeing_score(outcome)
    types = sorted({"image" if name.startswith("image") else "text" for name in outcome.covered}, reverse=True)
    return {
        "flagged": bool(outcome.flagged),
        "categories": {name: name in true for name in names},
        "category_scores": {name: score if name in true else 0.0 for name in names},
        "category_applied_input_types": {name: list(types) for name in names},
        "proguard": _details(outcome, policy, identity, explain=explain),
    }


def agreeing_score(outcome: Outcome) -> float:
    """Return the outcome's score where it is on the side of ``flagged``, and otherwise 1 or 0.

    For clients that compare it with a threshold. A score comes from one token and can contradict the labels.
    """
    score = outcome.score
    if score is None or outcome.status != "ok" or (score > _THRESHOLD) != outcome.flagged:
        return float(outcome.flagged)
    return float(score)


def _true_names(outcome: Outcome, policy: OwnPolicy) -> set[str]:
    if not outcome.flagged:
        return set()
    if not outcome.in_policy or outcome.category is None:
        return {UNLISTED}
    wider = {policy.taxonomy.category_of(outcome.category)} if policy.shown is None else set()
    return {outcome.category, *wider, *openai_names_of(outcome.name)}


def _details(outcome: Outcome, policy: OwnPolicy, identity: Identity, *, explain: bool) -> dict[str, Any]:
    words = {"reasoning": outcome.reasoning, "completion": outcome.completion} if explain else {}
    return {
        "status": outcome.status,
        "request": outcome.request,
        "response": outcome.response,
        "category": outcome.category,
        "name": outcome.name,
        "in_policy": outcome.in_policy,
        "score": outcome.score,
        "covered": list(outcome.covered),
        "detail": outcome.detail,
        "guard": identity.guard,
        "hashes": {**identity.hashes, "policy": policy.hash},
        **words,
    }
