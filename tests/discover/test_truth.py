"""Proposals against the truth, worked by hand."""

from math import isnan

import pytest

from proguard.discover.given import Given, names_of_rows
from proguard.discover.propose import Proposal
from proguard.discover.truth import measure_agreement, place_proposals, true_categories
from proguard.policy import Policy
from proguard.row import make_row
from proguard.sample import make_sample
from tests.outcomes import read
from tests.worlds import taxonomy

POLICY = Policy("subcategory", (("C7S2", "C7S2"), ("C7S3", "C7S3")))


def make(number, category, role, group=None):
    sample = make_sample(
        source="s",
        modality="text",
        request=f"request {number}",
        request_label="safe" if category is None else "unsafe",
        category=category,
        group=group,
    )
    return make_row(sample, POLICY, role, taxonomy())


def proposal(id_, *names):
    return Proposal(id_, names[0], "d", names[1:], names, len(names), ())


ROWS = [
    *(make(i, "C5S1", "novel") for i in range(4)),
    *(make(i, "C8S1", "novel") for i in range(4, 6)),
    *(make(i, "C3S1", "hidden") for i in range(6, 9)),
    make(9, None, "free"),
]
NAMES = ["hate", "hate", "slur", "scam", "gore", None, "scam", "scam", "scam", "slur"]
GIVEN = [Given(row.sample.id, name) for row, name in zip(ROWS, NAMES, strict=True) if name]
PROPOSALS = [proposal("X1", "hate", "slur"), proposal("X2", "scam")]


def test_proposal_is_of_the_category_of_most_of_its_rows():
    assert place_proposals(PROPOSALS, GIVEN, true_categories(ROWS, taxonomy())) == {"X1": "C5", "X2": "C3"}


def test_purity_coverage_and_categories_found():
    found = measure_agreement(PROPOSALS, GIVEN, ROWS, taxonomy(), role="novel")
    # X1 has three rows of C5 and a safe one, X2 three of C3 and one of C5.
    assert found.purity == pytest.approx(6 / 8)
    # Of the six novel rows three are in a proposal of their own category; C8 has none.
    assert (found.rows, found.covered) == (6, pytest.approx(3 / 6))
    assert (found.categories, found.found) == (2, 1)
    hidden = measure_agreement(PROPOSALS, GIVEN, ROWS, taxonomy(), role="hidden")
    assert (hidden.rows, hidden.covered, hidden.categories, hidden.found) == (3, 1.0, 1, 1)


def test_nothing_proposed_covers_nothing():
    found = measure_agreement([], GIVEN, ROWS, taxonomy(), role="novel")
    assert isnan(found.purity)
    assert (found.covered, found.found) == (0.0, 0)
    assert isnan(measure_agreement(PROPOSALS, GIVEN, ROWS[6:], taxonomy(), role="novel").covered)


def test_names_that_are_empty_or_copied_are_left_out():
    names = ["Hate Speech", "Other", taxonomy()["C7S2"].name, "C5S1", None]
    readings = {row.sample.id: read(("unsafe", None), name) for row, name in zip(ROWS[:5], names, strict=True)}
    given = names_of_rows(ROWS[:5], readings, taxonomy())
    assert given == [Given(ROWS[0].sample.id, "Hate Speech")]
