"""The section on discovery: proposals with their truth, and the trial with paired intervals."""

import polars as pl
import pytest

from proguard.evaluate.report.discovery import N_PROPOSALS, show_discovery
from tests.evaluate.report.discoveries import PROPOSALS, SUMMARY, make_trial
from tests.worlds import taxonomy


def show(proposals=PROPOSALS, trial=None):
    trial = make_trial() if trial is None else trial
    return show_discovery(SUMMARY, proposals, trial, taxonomy(), n_resamples=200, confidence=0.95, seed=0)


def test_proposal_says_what_most_of_its_rows_truly_are():
    assert [entry["truly"] for entry in show().proposals] == [f"{taxonomy()['C3'].name}, 15 of 20", "no risk, 10 of 10"]


def test_kinds_are_compared_on_the_same_rows():
    novel, safe = show().tried
    assert (novel.n, novel.before, novel.after, novel.gain, novel.trend) == (10, "20.0 %", "70.0 %", "+50.0", "better")
    assert (novel.by_id, novel.unsafe_before, novel.unsafe_after) == ("40.0 %", "50.0 %", "90.0 %")
    assert (safe.gain, safe.trend, safe.by_id, safe.unsafe_after) == ("+0.0", "unclear", "–", "0.0 %")


@pytest.mark.parametrize("n", [0, 1, N_PROPOSALS + 3])
def test_no_more_proposals_are_shown_than_fit(n):
    assert len(show(PROPOSALS[:1] * n).proposals) == min(n, N_PROPOSALS)


def test_trial_without_rows_shows_none():
    assert show([], make_trial().filter(pl.lit(False))).tried == []
