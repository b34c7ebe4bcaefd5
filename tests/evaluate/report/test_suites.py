"""The sections on policy drift and on modality honesty."""

from math import nan

import pytest

from proguard.evaluate.metrics.estimate import Estimate
from proguard.evaluate.report.suites import KIND_TITLES, due, show_suites
from proguard.evaluate.suites.measured import SUITES_KEY, Suites, measure_suites

NAMES = ("same", "right_before", "right_after", "change", "followed", "old_id", "listed")


def estimates(value=0.5, n=40):
    return {name: Estimate(value, value - 0.1, value + 0.1, n) for name in NAMES}


def test_drift_section_shows_a_line_per_change_and_no_agreement_where_it_must_end():
    sections = show_suites(Suites(drift={"own": {"renumbered": estimates(), "lost": estimates()}}))
    lines = {line.title: line for line in sections.drift["own"]}
    assert lines["Renumbered"].same.value == "50.0 %"
    assert lines["Renumbered"].change.trend == "better"
    assert lines["Lost the right category"].same.value == "–"
    assert lines["Lost the right category"].after.value == "50.0 %"
    assert "50.0 % of the answers with an id give the old one" in sections.drift_notes["own"]


def test_drift_section_of_a_guard_that_reads_no_policy_is_dashes():
    none = {name: Estimate(nan, nan, nan, 0) for name in NAMES}
    sections = show_suites(Suites(drift={"blind": {"renumbered": none, "lost": none}}))
    assert {line.after.value for line in sections.drift["blind"]} == {"–"}
    assert sections.drift_notes == {}


@pytest.mark.parametrize(
    ("change", "kind", "label"),
    [
        ("blank_picture", "words", "unsafe"),
        ("blank_picture", "picture", "safe"),
        ("plain_words", "words", "safe"),
        ("plain_words", "picture", "unsafe"),
        ("noisy_picture", "picture", "unsafe"),
        ("no_response", "words", "unsafe"),
        ("unsafe_picture", "nothing", "unsafe"),
        ("blank_picture", "image", "safe"),
        ("noisy_picture", "image", "as it was"),
        ("no_response", "text", "as it was"),
        ("blank_picture", "unknown", ""),
        ("noisy_picture", "unknown", "as it was"),
    ],
)
def test_due_says_what_is_right_after_a_change(change, kind, label):
    assert due(change, kind) == label


def test_honesty_section_has_a_column_for_each_kind_of_row_that_there_is():
    share = {"right": Estimate(0.9, 0.8, 1.0, 30), "change": Estimate(-0.1, -0.2, -0.05, 30)}
    rests = {rest: Estimate(0.25, 0.1, 0.4, 20) for rest in ("words", "picture", "either", "both")}
    suites = Suites(changes={"own": {"blank_picture": {"words": share}}}, rests={"own": {"words": rests}})
    sections = show_suites(suites)
    assert sections.kinds == [KIND_TITLES["words"]]
    [blank] = [line for line in sections.honesty["own"] if line.title == "Picture blank"]
    [(label, cell)] = blank.cells
    assert (label, cell.value, cell.trend) == ("unsafe", "90.0 %", "worse")
    assert sections.rests["own"][0][:2] == ("Risk in the words", 20)


def test_guard_may_not_take_the_name_of_the_suites():
    with pytest.raises(ValueError, match="must not be called 'suites'"):
        measure_suites({SUITES_KEY: []}, n_resamples=1, confidence=0.9, seed=0)
