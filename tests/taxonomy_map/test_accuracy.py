from math import isnan

import pytest

from proguard.taxonomy_map.accuracy import MIN_VOTES, find_contradicted, measure_accuracy
from proguard.taxonomy_map.label_map import Meaning
from proguard.taxonomy_map.vote import Vote
from tests.taxonomy_map.questions import make_question
from tests.worlds import taxonomy


def fixed(text, code, **fields):
    return make_question(text, Meaning((code,)), **fields)


def votes_for(questions, codes, annotator="a"):
    return [Vote(q.id, annotator, code) for q, code in zip(questions, codes, strict=True) if code]


def measure(golds, codes):
    questions = [fixed(str(i), code) for i, code in enumerate(golds)]
    return measure_accuracy(questions, votes_for(questions, codes), taxonomy())["s"]["a"]


def test_measure_accuracy_counts_exact_category_and_coverage():
    measured = measure(["C7S1", "C7S1", "C1S1", "C1S1"], ["C7S1", "C7S2", "none", None])
    assert (measured["rows"], measured["votes"], measured["coverage"]) == (4, 3, 0.75)
    assert (measured["exact"], measured["category"]) == (0.3333, 0.6667)
    assert measured["by_code"]["C7S1"] == {"rows": 2, "votes": 2, "exact": 0.5, "category": 1.0}
    assert measured["by_code"]["C1S1"]["exact"] == 0


def test_measure_accuracy_kappa_is_one_for_right_votes_and_zero_for_a_constant_one():
    assert measure(["C7S1", "C1S1"], ["C7S1", "C1S1"])["kappa"] == 1
    assert measure(["C7S1", "C1S1"], ["C7S1", "C7S1"])["kappa"] == 0


def test_measure_accuracy_any_subcategory_matches_a_label_that_fixes_its_category():
    measured = measure(["C9", "C9"], ["C9S1", "C7S1"])
    assert (measured["exact"], measured["category"]) == (0.5, 0.5)


def test_measure_accuracy_without_votes_is_not_a_number():
    questions = [fixed("a", "C7S1"), fixed("b", "C7S1", source="t")]
    measured = measure_accuracy(questions, votes_for(questions[:1], ["C7S1"]), taxonomy())
    assert isnan(measured["t"]["a"]["exact"]) and isnan(measured["t"]["a"]["kappa"])
    assert measured["t"]["a"]["coverage"] == 0


def test_measure_accuracy_leaves_out_the_label_map_and_labels_that_leave_a_choice():
    open_, closed = make_question("a"), fixed("b", "C7S1")
    votes = votes_for([open_, closed], ["C1S1", "C7S1"]) + votes_for([closed], ["C7S1"], "label_map")
    measured = measure_accuracy([open_, closed], votes, taxonomy())["s"]
    assert list(measured) == ["a"]
    assert measured["a"]["rows"] == 1


@pytest.mark.parametrize(
    ("n", "right", "is_found"),
    [(MIN_VOTES, 0, True), (MIN_VOTES, MIN_VOTES // 2, False), (MIN_VOTES - 1, 0, False), (12, 5, True)],
)
def test_find_contradicted_is_more_than_half_of_enough_votes(n, right, is_found):
    questions = [fixed(str(i), "C7S1", source_label="l") for i in range(n)]
    votes = votes_for(questions, ["C7S1"] * right + ["C7S2"] * (n - right))
    votes += votes_for(questions, ["C7S1"] * n, "label_map")
    expected = {"source": "s", "label": "l", "code": "C7S1", "votes": n, "against": n - right}
    assert find_contradicted(questions, votes, taxonomy()) == [expected] * is_found
