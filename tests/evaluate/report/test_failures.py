"""Where a guard fails, counted."""

from proguard.evaluate.report.failures import count_bar, find_weaknesses
from tests.outcomes import make_outcome
from tests.worlds import taxonomy


def test_count_bar_known_value():
    bar = count_bar("all", [make_outcome("C7S2")] * 3 + [make_outcome(None)])
    assert bar.parts == (("right", 3, 75.0), ("missed", 1, 25.0))
    assert bar.n == 4


def test_find_weaknesses_worst_first():
    outcomes = (
        [make_outcome("C7S2")] * 4
        + [make_outcome(None)]
        + [make_outcome("C7S2", category="C8S1")] * 3
        + [make_outcome("C8S1", category="C8S1")] * 2
        + [make_outcome(None, category="C7S3")] * 4
    )
    weak = find_weaknesses(outcomes, taxonomy(), n=8)
    # C8S1: 2 of 5; C7S2: 4 of 5; C7S3 has four rows, fewer than five.
    assert [(w.code, w.accuracy, w.instead) for w in weak] == [
        ("C8S1", 0.4, "C7 Hate and Terror"),
        ("C7S2", 0.8, "Safe"),
    ]
