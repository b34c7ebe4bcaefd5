"""The trained guard against each other one."""

from dataclasses import replace

import pytest

from proguard.evaluate.metrics.versus import compare_with_all, versus_csv
from proguard.readings.reading import UNASKED
from tests.outcomes import make_outcome

OPTIONS = {"trained": "proguard", "n_resamples": 100, "confidence": 0.95, "seed": 0}


def outcomes(n, n_right):
    """Return outcomes of a guard that finds the first ``n_right`` of ``n`` risks; rows are the same for every guard.

    The first response is unsafe.
    """
    responses = ["unsafe", *["safe"] * (n - 1)]
    return [make_outcome("C7S2" if i < n_right else None, response=responses[i], group=f"g{i}") for i in range(n)]


def on_rows(rows, others):
    return [replace(o, row=r.row, target=r.target) for r, o in zip(rows, others, strict=True)]


@pytest.fixture(scope="module")
def judged():
    trained = outcomes(60, 55)
    return {
        "proguard": trained,
        "base": on_rows(trained, outcomes(60, 20)),
        "silent": [replace(o, reading=UNASKED) for o in trained],
    }


def test_every_other_guard_is_compared_on_the_sides_that_both_were_asked_about(judged):
    compared = compare_with_all({"test": judged, "other": judged}, **OPTIONS)
    assert [(v.guard, v.test_set, v.side) for v in compared] == [
        ("base", "test", "request"),
        ("base", "other", "request"),
        ("base", "test", "response"),
        ("base", "other", "response"),
    ]
    assert [v.paired.answer for v in compared[:2]] == ["better", "better"]
    assert compared[0].sentence.startswith("On requests of test proguard is better than base: F1 50.0 to 95.7")
    assert compared[0].paired.p_corrected == 2 * compared[0].paired.p


def test_guard_that_was_not_asked_about_a_set_is_left_out_there(judged):
    compared = compare_with_all({"test": judged, "other": {"proguard": judged["proguard"]}}, **OPTIONS)
    assert {v.test_set for v in compared} == {"test"}


def test_side_without_an_unsafe_row_has_no_f1_and_is_left_out():
    calm = [make_outcome(None, request="safe", category=None) for _ in range(4)]
    assert compare_with_all({"test": {"proguard": calm, "base": calm}}, **OPTIONS) == []


def test_table_has_a_line_for_each_comparison(judged):
    table = versus_csv(compare_with_all({"test": judged}, **OPTIONS))
    assert table["answer"].to_list() == ["better", "cannot tell"]
    assert {"p", "p_corrected", "detectable", "low", "high", "n", "sentence"} < set(table.columns)
    assert versus_csv([]).columns == table.columns
