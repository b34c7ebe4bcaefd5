"""Two guards compared: worked by hand, against scikit-learn and scipy, and on guards of known strength."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2
from sklearn.metrics import f1_score

from proguard.evaluate.metrics.paired import (
    PairedCalls,
    compare_calls,
    decide,
    holm,
    mcnemar,
    pair_calls,
    say,
)
from proguard.readings.reading import NOT_ASKED, Reading, SideReading
from tests.guards.rows import make_row

OPTIONS = {"metric": "f1", "n_resamples": 500, "confidence": 0.95, "seed": 0}


def draw(n, *, right, seed=0, groups=None):
    """Return calls of two guards that are right by the given shares."""
    rng = np.random.default_rng(seed)
    gold = rng.random(n) < 0.5
    said = [np.where(rng.random(n) < share, gold, ~gold) for share in right]
    return PairedCalls(gold, *said, groups or tuple(map(str, range(n))))


def test_metrics_are_those_of_scikit_learn():
    calls = draw(300, right=(0.7, 0.8))
    for metric, average in (("f1", "binary"), ("weighted_f1", "weighted")):
        paired = compare_calls(calls, **OPTIONS | {"metric": metric})
        assert paired.first == pytest.approx(f1_score(calls.gold, calls.first, average=average), abs=1e-12)
        assert paired.second == pytest.approx(f1_score(calls.gold, calls.second, average=average), abs=1e-12)
        assert paired.difference == pytest.approx(paired.second - paired.first, abs=1e-12)


def test_swapped_guards_mirror_each_other():
    calls = draw(200, right=(0.7, 0.9))
    there = compare_calls(calls, **OPTIONS)
    back = compare_calls(PairedCalls(calls.gold, calls.second, calls.first, calls.groups), **OPTIONS)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))
    assert (back.only_first, back.only_second, back.p) == (there.only_second, there.only_first, there.p)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"), [(0, 0, 1.0), (5, 5, 1.0), (0, 6, 2 / 64), (1, 7, 18 / 256), (7, 1, 18 / 256)]
)
def test_mcnemar_is_the_exact_test(only_first, only_second, p):
    assert mcnemar(only_first, only_second) == pytest.approx(p)


def test_mcnemar_is_close_to_chi_squared_where_rows_are_many():
    assert mcnemar(400, 500) == pytest.approx(chi2.sf((100 - 1) ** 2 / 900, df=1), rel=0.02)


@pytest.mark.parametrize(
    ("p_values", "corrected"),
    [([], []), ([0.01], [0.01]), ([0.04, 0.01, 0.03], [0.06, 0.03, 0.06]), ([0.5, 0.9], [1.0, 1.0])],
)
def test_holm_multiplies_by_the_tests_that_are_left_and_never_falls(p_values, corrected):
    assert holm(p_values) == pytest.approx(corrected)


@pytest.mark.parametrize(
    ("right", "answer"), [((0.6, 0.9), "better"), ((0.9, 0.6), "worse"), ((0.8, 0.8), "cannot tell")]
)
def test_answer_follows_the_guards(right, answer):
    compared = decide({"test": compare_calls(draw(400, right=right), **OPTIONS)}, confidence=0.95)
    assert compared["test"].answer == answer


def test_many_sets_ask_for_more_than_one():
    weak = replace(compare_calls(draw(400, right=(0.6, 0.9)), **OPTIONS), p=0.02)
    alone = decide({"a": weak}, confidence=0.95)["a"]
    among = decide({name: weak for name in "abcdefgh"}, confidence=0.95)["a"]
    assert (alone.answer, among.answer) == ("better", "cannot tell")


@pytest.mark.slow
def test_guards_of_one_strength_are_rarely_told_apart():
    told = [
        decide({"t": compare_calls(draw(150, right=(0.8, 0.8), seed=s), **OPTIONS)}, confidence=0.95)["t"].answer
        for s in range(200)
    ]
    assert sum(a != "cannot tell" for a in told) <= 14  # 5 % of 200 and two standard errors


@pytest.mark.slow
def test_detectable_difference_is_found_four_times_in_five():
    """Draw guards whose true difference is what the rows are said to show, and count how often the interval shows it."""
    base = compare_calls(draw(600, right=(0.75, 0.75)), **OPTIONS)
    gap = base.detectable
    found = [compare_calls(draw(600, right=(0.75, 0.75 + gap), seed=s), **OPTIONS).low > 0 for s in range(150)]
    assert 0.65 < np.mean(found) < 0.95


def test_rows_of_one_group_are_no_more_evidence_than_one():
    calls = draw(60, right=(0.7, 0.95), seed=1)
    tenfold = PairedCalls(*(np.tile(part, 10) for part in (calls.gold, calls.first, calls.second)), calls.groups * 10)
    once, many = (compare_calls(c, **OPTIONS) for c in (calls, tenfold))
    assert many.detectable == pytest.approx(once.detectable, rel=0.15)


def reading(label=None, status="ok"):
    side = NOT_ASKED if status == "not_asked" else SideReading(status, label)
    return Reading(side, NOT_ASKED)


def test_calls_are_paired_on_the_rows_that_both_were_asked_about():
    rows = [make_row(request=f"q {i}", request_label=label) for i, label in enumerate(("unsafe", "safe", "safe", None))]
    ids = [row.sample.id for row in rows]
    first = dict(zip(ids, [reading("unsafe"), reading(status="unread"), reading("safe"), reading("safe")], strict=True))
    second = dict(
        zip(ids, [reading("safe"), reading("safe"), reading(status="not_asked"), reading("safe")], strict=True)
    )
    calls = pair_calls(rows, first, second, "request")
    assert calls.gold.tolist() == [True, False]
    assert calls.first.tolist() == [True, True]  # an unread answer is the opposite of gold
    assert calls.second.tolist() == [False, False]
    assert calls.groups == tuple(row.sample.group for row in rows[:2])


def test_guards_that_share_no_row_have_no_calls():
    row = make_row()
    calls = pair_calls([row], {row.sample.id: reading("safe")}, {row.sample.id: reading(status="not_asked")}, "request")
    assert len(calls.gold) == 0


def test_sentence_says_what_is_known():
    better = decide({"t": compare_calls(draw(400, right=(0.6, 0.9)), **OPTIONS)}, confidence=0.95)["t"]
    equal = decide({"t": compare_calls(draw(50, right=(0.8, 0.82)), **OPTIONS)}, confidence=0.95)["t"]
    names = {"first": "base", "second": "proguard", "confidence": 0.95}
    assert say(better, where="test", n_sets=1, **names).startswith("On test proguard is better than base: F1 ")
    cannot = say(equal, where="test", n_sets=3, **names)
    assert "cannot tell proguard from base" in cannot
    assert "over 3 sets" in cannot
    assert math.isfinite(equal.detectable)
