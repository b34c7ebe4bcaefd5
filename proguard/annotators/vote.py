"""The vote on a sample's category, and its tie rule.

The category with the most votes wins. When several have the most, the label map's vote decides if it is one of them; if
not, the sample stays unmapped. A category is never guessed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from proguard.annotators.label_map import Meaning

LABEL_MAP: Final = "label_map"
"""Name of the annotator that is the prior."""

Reason = Literal["no_home", "no_text", "abstained", "tie"]
"""Why an unsafe sample stays unmapped: its label has no home in the taxonomy, no vote and nothing to read, no vote
although there was a text, or a tie that the label map does not decide."""


@dataclass(frozen=True, slots=True)
class Question:
    """One unsafe sample, as annotators see it."""

    id: str
    """Sample id."""

    text: str | None
    """What is unsafe about it, in words; ``None`` when only the image can tell."""

    meaning: Meaning
    """What its source label may mean."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One annotator's answer to one question; an annotator that abstains gives none."""

    id: str
    """Sample id."""

    annotator: str
    """Name of the annotator, as in ``taxonomy_map.annotators``."""

    category: str
    """Taxonomy code."""

    score: float
    """How sure the annotator is, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Outcome of the vote: a category, or the reason why there is none."""

    category: str | None
    reason: Reason | None = None


def decide(question: Question, votes: Sequence[Vote]) -> Decision:
    """Return the outcome of ``votes`` on ``question``.

    Example:
        Two votes for C3S1 beat one for C2S1; one vote each goes to the label map's.
    """
    if not question.meaning.candidates:
        return Decision(None, "no_home")
    if not votes:
        return Decision(None, "abstained" if question.text else "no_text")
    counts = Counter(vote.category for vote in votes)
    leaders = [category for category, n in counts.items() if n == max(counts.values())]
    prior = [vote.category for vote in votes if vote.annotator == LABEL_MAP and vote.category in leaders]
    if len(leaders) > 1 and not prior:
        return Decision(None, "tie")
    return Decision(leaders[0] if len(leaders) == 1 else prior[0])
