"""The vote on a sample's category, and its rules. A category is never guessed.

A vote is for a code of the taxonomy, or for ``none``: no category fits. Who abstains gives no vote.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from proguard.taxonomy import Taxonomy
from proguard.taxonomy_map.label_map import NO_HOME, Meaning
from proguard.taxonomy_map.question import Question

LABEL_MAP: Final = "label_map"
"""Name of the annotator that is the prior."""

RuleName = Literal["majority", "unanimous", "prior_filtered", "dawid_skene"]

LEAD = 0.001
"""Smallest lead of the most probable code that decides: last digits differ between machines."""

Reason = Literal[
    "no_home", "no_text", "abstained", "outside_prior", "too_few_votes", "not_unanimous", "tie", "none_fits"
]
"""Why an unsafe sample stays unmapped: its label has no home in the taxonomy; no vote, and nothing to read; no vote
although there was a text; votes, but all for what the label rules out; fewer votes than the rule asks for; votes that
differ; a tie that the label map does not decide; a vote that was won by ``none``."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One annotator's answer to one question; an annotator that abstains gives none."""

    id: str
    """Sample id."""

    annotator: str
    """Name of the annotator, as in ``taxonomy_map.annotators``."""

    category: str
    """Taxonomy code, or ``none``."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How votes become a category."""

    name: RuleName
    """``majority``: most votes win, a tie goes to the label map's vote if that is among those that lead.
    ``unanimous``: all votes are the same. ``prior_filtered``: majority among the votes that the label allows.
    ``dawid_skene``: the most probable code, as `proguard.taxonomy_map.reliability` estimates it from all votes."""

    min_votes: int
    """Fewest votes that decide, at least 1; under ``prior_filtered``, of those that the label allows."""

    def __post_init__(self) -> None:
        names = get_args(RuleName)
        if self.name not in names:
            raise ValueError(f"taxonomy_map.rule.name: expected one of {names}, found {self.name!r}")
        if self.min_votes < 1:
            raise ValueError(f"taxonomy_map.rule.min_votes: expected 1 or more, found {self.min_votes}")


@dataclass(frozen=True, slots=True)
class Decision:
    """Outcome of the vote: a category, or the reason why there is none."""

    category: str | None
    reason: Reason | None = None


def decide(
    question: Question,
    votes: Sequence[Vote],
    rule: Rule,
    taxonomy: Taxonomy,
    *,
    truth: Mapping[str, float] | None = None,
) -> Decision:
    """Return the outcome of ``votes`` on ``question``, whatever their order.

    Args:
        question: What was asked.
        votes: Votes on it.
        rule: How they decide.
        taxonomy: Taxonomy of the codes.
        truth: Under ``dawid_skene``, the probability of each code.

    Example:
        By majority, two votes for C3S1 beat one for C2S1; one vote each goes to the label map's.
    """
    if not question.meaning.candidates:
        return Decision(None, "no_home")
    if not votes:
        return Decision(None, "abstained" if question.text else "no_text")
    if rule.name == "prior_filtered":
        votes = [vote for vote in votes if _is_allowed(vote.category, question.meaning, taxonomy)]
        if not votes:
            return Decision(None, "outside_prior")
    if len(votes) < rule.min_votes:
        return Decision(None, "too_few_votes")
    return _count(votes, rule.name) if truth is None else _choose(truth)


def _choose(truth: Mapping[str, float]) -> Decision:
    best, *others = sorted(truth, key=lambda code: truth[code], reverse=True)
    if others and truth[best] - truth[others[0]] < LEAD:
        return Decision(None, "tie")
    return _settle(best)


def _count(votes: Sequence[Vote], rule: RuleName) -> Decision:
    counts = Counter(vote.category for vote in votes)
    if rule == "unanimous" and len(counts) > 1:
        return Decision(None, "not_unanimous")
    most = max(counts.values())
    leaders = [category for category, n in counts.items() if n == most]
    if len(leaders) > 1:
        leaders = [vote.category for vote in votes if vote.annotator == LABEL_MAP and vote.category in leaders]
    if not leaders:
        return Decision(None, "tie")
    return _settle(leaders[0])


def _settle(category: str) -> Decision:
    return Decision(None, "none_fits") if category == NO_HOME else Decision(category)


def _is_allowed(category: str, meaning: Meaning, taxonomy: Taxonomy) -> bool:
    """Return whether the label leaves ``category`` open; a candidate category includes its subcategories."""
    if category == NO_HOME:
        return meaning.may_be_none
    return category in meaning.candidates or taxonomy.category_of(category) in meaning.candidates
