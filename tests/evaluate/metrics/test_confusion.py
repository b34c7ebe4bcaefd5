"""Outcomes by kind of answer."""

import pytest

from proguard.evaluate.metrics.confusion import (
    NO_ANSWER,
    NOT_LISTED,
    SAFE,
    actual,
    confusion_labels,
    count_kinds,
    kind_of,
    said,
    score_categories,
)
from tests.outcomes import make_outcome
from tests.worlds import taxonomy

SAFE_ROW = {"request": "safe", "category": None, "role": "free"}
ABSENT = {"category": "C5S1", "role": "hidden"}

CASES = [
    (make_outcome("C7S2"), "right", "C7 Hate and Terror"),
    (make_outcome("C7S3"), "near", "C7 Hate and Terror"),
    (make_outcome("C8S1"), "wrong", "C8 Dangerous Goods"),
    (make_outcome("Dread", is_named=True), "wrong", NOT_LISTED),
    (make_outcome("C99S9"), "void", NO_ANSWER),
    (make_outcome("Weapons"), "void", NO_ANSWER),
    (make_outcome(None), "missed", SAFE),
    (make_outcome("C7S2", is_malformed=True), "malformed", NO_ANSWER),
    (make_outcome("Nature Damage", is_named=True, bonus=0.5, **ABSENT), "right", NOT_LISTED),
    (make_outcome("Odd Matters", is_named=True, **ABSENT), "wrong", NOT_LISTED),
    (make_outcome("C8S1", **ABSENT), "wrong", "C8 Dangerous Goods"),
    (make_outcome(None, **SAFE_ROW), "right", SAFE),
    (make_outcome("C8S1", **SAFE_ROW), "false_alarm", "C8 Dangerous Goods"),
]


@pytest.mark.parametrize(("outcome", "kind", "label"), CASES)
def test_kind_and_said_known_value(outcome, kind, label):
    assert kind_of(outcome) == kind
    assert said(outcome, taxonomy()) == label


def test_actual_known_value():
    assert actual(make_outcome(None), taxonomy()) == "C7 Hate and Terror"
    assert actual(make_outcome(None, **ABSENT), taxonomy()) == NOT_LISTED
    assert actual(make_outcome(None, **SAFE_ROW), taxonomy()) == SAFE


def test_unmapped_unsafe_row_has_no_kind():
    outcome = make_outcome("C7S2", category=None, role="free")
    assert kind_of(outcome) is None
    assert actual(outcome, taxonomy()) is None


def test_count_kinds_names_every_kind():
    counts = count_kinds([outcome for outcome, _, _ in CASES])
    assert sum(counts.values()) == len(CASES)
    assert (counts["right"], counts["void"]) == (3, 2)


def test_every_label_stands_in_the_table():
    labels = confusion_labels(taxonomy())
    assert {said(o, taxonomy()) for o, _, _ in CASES} <= set(labels)
    assert len(labels) == 11 + 3


def test_score_categories_counts_listed_and_unlisted_apart():
    own = score_categories([o for o, _, _ in CASES], ["C7", "C5", "C1"])
    # C7: eight listed rows, one right. C5: three rows that no list has, two of them named.
    assert (own[0].n_listed, own[0].n_right, own[0].accuracy) == (8, 1, 1 / 8)
    assert own[1].n_listed == 0
    assert own[2].accuracy != own[2].accuracy
