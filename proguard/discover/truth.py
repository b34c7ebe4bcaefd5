"""Proposals against the truth that a test set hides: are they of one category each, and do they find every one?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

from proguard.discover.given import Given
from proguard.discover.propose import Proposal
from proguard.row import Role, Row
from proguard.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Agreement:
    """Proposals against the truth. Categories are those of the upper level."""

    purity: float
    """Share of the proposals' rows whose true category is that of most of the proposal's rows; NaN without any."""

    rows: int
    """Rows of one role: unsafe ones whose policy lists no category for them."""

    covered: float
    """Share of these whose name belongs to a proposal of their category; NaN without any."""

    categories: int
    """Categories of these rows."""

    found: int
    """Those that a proposal is for."""


def true_categories(rows: Sequence[Row], taxonomy: Taxonomy) -> dict[str, str]:
    """Return the upper category of each unsafe row that has one, by sample id."""
    return {
        row.sample.id: taxonomy.category_of(row.target.category)
        for row in rows
        if row.target.is_unsafe and row.target.category is not None
    }


def place_proposals(
    proposals: Sequence[Proposal], given: Sequence[Given], truth: Mapping[str, str]
) -> dict[str, str | None]:
    """Return the true category of most rows of each proposal, by its id; ``None`` where most are of none.

    Args:
        proposals: What was proposed.
        given: Rows that it was made from.
        truth: True category by row.
    """
    return {proposal.id: _counts(proposal, given, truth).most_common(1)[0][0] for proposal in proposals}


def measure_agreement(
    proposals: Sequence[Proposal], given: Sequence[Given], rows: Sequence[Row], taxonomy: Taxonomy, *, role: Role
) -> Agreement:
    """Return how proposals agree with the truth on the rows of one role.

    Args:
        proposals: What was proposed.
        given: Rows that it was made from.
        rows: All rows of the test set.
        taxonomy: Gives the upper category of a code.
        role: ``novel`` or ``hidden``: kind of unlisted rows that coverage is over. Purity is over all rows.
    """
    truth = true_categories(rows, taxonomy)
    placed = place_proposals(proposals, given, truth)
    counts = {proposal.id: _counts(proposal, given, truth) for proposal in proposals}
    total = sum(count.total() for count in counts.values())
    own = {row.sample.id: truth[row.sample.id] for row in rows if row.role == role and row.sample.id in truth}
    category_of_name = {name: placed[proposal.id] for proposal in proposals for name in proposal.names}
    right = sum(category_of_name.get(row.name) == own[row.id] for row in given if row.id in own)
    return Agreement(
        purity=sum(counts[id_][category] for id_, category in placed.items()) / total if total else nan,
        rows=len(own),
        covered=right / len(own) if own else nan,
        categories=len(set(own.values())),
        found=len(set(own.values()) & set(placed.values())),
    )


def _counts(proposal: Proposal, given: Sequence[Given], truth: Mapping[str, str]) -> Counter[str | None]:
    """Return the rows of a proposal by true category, in an order of their names that breaks ties."""
    found = sorted((truth.get(row.id) for row in given if row.name in proposal.names), key=lambda code: code or "")
    return Counter(found)
