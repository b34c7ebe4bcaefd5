"""From the answers about an item to its outcome: parts of the policy first, then the item's samples."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from statistics import median

from proguard.moderate.ask import PartAnswer, PartAsk
from proguard.moderate.outcome import Outcome
from proguard.moderate.parts import Joined, join_parts
from proguard.naming import is_free_name
from proguard.sample import Label
from proguard.taxonomy import Taxonomy
from proguard.verdict import Parsed, parse


def outcome_of(asks: Sequence[PartAsk], answers: Sequence[PartAnswer], taxonomy: Taxonomy) -> Outcome:
    """Return the outcome of one item.

    Args:
        asks: The prompts of the item, those of one sample together.
        answers: The answer to each, in the same order.
        taxonomy: The taxonomy of the policy.
    """
    groups = groupby(zip(asks, answers, strict=True), key=lambda pair: id(pair[0].subject))
    return join_outcomes([_outcome_of_subject(list(group), taxonomy) for _, group in groups])


def join_outcomes(outcomes: Sequence[Outcome]) -> Outcome:
    """Return what the outcomes of an item's samples say together: any unsafe wins, any failure is incomplete.

    Category and reasoning come from the first unsafe outcome, one with a category of the policy before others.
    """
    unsafe = sorted((o for o in outcomes if "unsafe" in (o.request, o.response)), key=lambda o: not o.in_policy)
    failed = [o for o in outcomes if o.status != "ok"]
    chosen = (unsafe or failed or list(outcomes))[0]
    statuses = {o.status for o in outcomes}
    return replace(
        chosen,
        status=statuses.pop() if len(statuses) == 1 else "too_long" if "too_long" in statuses else "incomplete",
        request=_join_labels([o.request for o in outcomes]),
        response=_join_labels([o.response for o in outcomes]),
        score=max((o.score for o in outcomes if o.score is not None), default=None),
        covered=tuple(dict.fromkeys(name for o in outcomes for name in o.covered)),
        parts=max(o.parts for o in outcomes),
        detail=failed[0].detail if failed else None,
        completion=failed[0].completion if failed else None,
    )


def _join_labels(labels: Sequence[Label | None]) -> Label | None:
    return "unsafe" if "unsafe" in labels else "safe" if "safe" in labels else None


def _outcome_of_subject(pairs: Sequence[tuple[PartAsk, PartAnswer]], taxonomy: Taxonomy) -> Outcome:
    asks, answers = [ask for ask, _ in pairs], [answer for _, answer in pairs]
    subject, parts = asks[0].subject, [ask.part for ask in asks]
    parsed = [_parse(answer, has_response=subject.sample.has_response) for answer in answers]
    outcome = _describe(join_parts(parsed, parts), asks, answers, taxonomy)
    failed = [(a, p) for a, p in zip(answers, parsed, strict=True) if not p.is_well_formed]
    if failed:
        answer, read = failed[0]
        malformed = len(failed) == len(answers) and all(a.failure is None for a in answers)
        outcome = replace(
            outcome,
            status="too_long" if any(a.is_too_long for a in answers) else "malformed" if malformed else "incomplete",
            detail=answer.failure or read.status,
            completion=answer.completion,
        )
    if subject.is_lone_response:
        return replace(outcome, request=None, response=outcome.request)
    return outcome


def _parse(answer: PartAnswer, *, has_response: bool) -> Parsed:
    return (
        Parsed(None, "no_match") if answer.completion is None else parse(answer.completion, has_response=has_response)
    )


def _describe(joined: Joined, asks: Sequence[PartAsk], answers: Sequence[PartAnswer], taxonomy: Taxonomy) -> Outcome:
    """Return the outcome of a sample with a complete verdict, or with what an incomplete one holds."""
    verdict = joined.verdict
    if verdict is None:
        return Outcome(parts=len(asks))
    said = verdict.category
    code = next((code for ask in asks if said and (code := ask.part.code_of(said))), None)
    is_name = said is not None and code is None and all(is_free_name(said, ask.part, taxonomy) for ask in asks)
    return Outcome(
        status="ok" if joined.is_complete else "incomplete",
        request=verdict.request,
        response=verdict.response,
        category=said,
        name=taxonomy[code].name if code else said if is_name else None,
        in_policy=code is not None if verdict.is_unsafe else None,
        score=_join_scores([a.score for a in answers if a.score is not None], is_unsafe=verdict.is_unsafe),
        reasoning=verdict.reasoning,
        covered=asks[0].subject.covers,
        parts=len(asks),
    )


def _join_scores(scores: Sequence[float], *, is_unsafe: bool) -> float | None:
    """Return the score of all parts: the highest when a part decides for unsafe, otherwise the median."""
    if not scores:
        return None
    return max(scores) if is_unsafe else median(scores)
