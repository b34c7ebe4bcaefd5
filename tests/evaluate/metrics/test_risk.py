"""Risk scores: worked by hand, and undefined where too few rows have one."""

import math
from dataclasses import replace

import numpy as np
import pytest

from proguard.evaluate.metrics.risk import calibration_error, measure_risk, threshold_at
from proguard.readings.reading import NOT_ASKED, SideReading
from tests.outcomes import make_outcome


def scored(score, *, request="unsafe", label="unsafe", side=None):
    outcome = make_outcome(None, request=request, has_response=False)
    read = side or SideReading("ok", label, score)
    return replace(outcome, reading=replace(outcome.reading, request=read))


def values(outcomes):
    return {name: risk.value for name, risk in measure_risk(outcomes)["request_safety"].items()}


def test_scores_are_measured_against_the_labels_of_the_rows():
    outcomes = [scored(0.9), scored(0.6), scored(0.7, request="safe"), scored(0.1, request="safe")]
    found = values(outcomes)
    # Ranked .9 unsafe, .7 safe, .6 unsafe, .1 safe: average precision (1 + 2/3) / 2.
    assert found["auprc"] == pytest.approx(5 / 6)
    assert (found["threshold"], found["recall_at_threshold"]) == (0.9, 0.5)
    assert found["calibration_error"] == pytest.approx((0.1 + 0.4 + 0.7 + 0.1) / 4)
    assert found["score_coverage"] == 1


def test_labels_of_the_guard_change_nothing():
    outcomes = [scored(0.9), scored(0.2, request="safe")]
    assert values(outcomes) == values([scored(0.9, label="safe"), scored(0.2, request="safe", label="safe")])


@pytest.mark.parametrize(("n", "is_defined"), [(99, True), (98, False)])
def test_scores_count_only_where_nearly_all_rows_have_one(n, is_defined):
    outcomes = [scored(i / 100, request="unsafe" if i > 50 else "safe") for i in range(n)]
    found = values(outcomes + [scored(None)] * (100 - n))
    assert found["score_coverage"] == n / 100
    assert math.isnan(found["auprc"]) != is_defined


def test_unread_rows_with_a_score_count_and_rows_not_asked_about_do_not():
    outcomes = [scored(0.9), scored(0.1, request="safe"), scored(None, side=SideReading("unread", score=0.8))]
    risk = measure_risk([*outcomes, scored(None, side=NOT_ASKED)])["request_safety"]
    assert (risk["auprc"].n, risk["score_coverage"].n, risk["auprc"].value) == (3, 3, 1.0)


def test_guard_without_scores_has_no_numbers():
    assert measure_risk([scored(None), scored(None)]) == {}


def test_rows_of_one_label_have_no_curve():
    found = values([scored(0.9), scored(0.8)])
    assert math.isnan(found["auprc"]) and found["calibration_error"] == pytest.approx(0.15)


def test_threshold_lets_no_more_safe_rows_pass_than_allowed():
    rng = np.random.default_rng(0)
    gold = (rng.random(2000) < 0.3).astype(float)
    scores = np.clip(gold * 0.3 + rng.random(2000) * 0.7, 0, 1).round(2)
    threshold, recall = threshold_at(gold, scores, 0.05)
    said = scores >= threshold
    assert said[gold == 0].mean() <= 0.05
    assert recall == said[gold == 1].mean()
    below = max(s for s in scores if s < threshold)
    assert (scores >= below)[gold == 0].mean() > 0.05


def test_threshold_of_scores_that_say_nothing_does_not_exist():
    threshold, recall = threshold_at(np.array([0.0, 1.0]), np.array([1.0, 1.0]), 0.05)
    assert math.isnan(threshold) and recall == 0


def test_calibrated_scores_have_no_error():
    assert calibration_error(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == 0
    assert calibration_error(np.array([1.0]), np.array([1.0])) == 0
