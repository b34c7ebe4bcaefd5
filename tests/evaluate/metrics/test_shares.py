"""Shares of rows, by hand."""

from math import isnan

import pytest

from proguard.evaluate.metrics.shares import estimate_shares

BOOTSTRAP = {"n_resamples": 400, "confidence": 0.9, "seed": 0}


def test_share_is_the_sum_over_the_rows_that_are_in_it():
    shares = {"a": ([1, 0, 0, 1], [1, 1, 0, 1]), "b": ([0, 0, 0, 1], [1, 1, 0, 1])}
    found = estimate_shares(shares, list("wxyz"), differences={"gain": ("a", "b")}, **BOOTSTRAP)
    assert (found["a"].value, found["a"].n) == (pytest.approx(2 / 3), 3)
    assert found["gain"].value == pytest.approx(1 / 3)
    assert found["a"].low <= 2 / 3 <= found["a"].high


def test_difference_is_paired():
    """Two shares that differ on the same row in every group have a difference without spread."""
    rows = [1, 0] * 8
    shares = {"a": (rows, [1] * 16), "b": ([0] * 16, [1] * 16)}
    groups = [str(i // 2) for i in range(16)]
    gain = estimate_shares(shares, groups, differences={"gain": ("a", "b")}, **BOOTSTRAP)["gain"]
    assert (gain.value, gain.low, gain.high) == (0.5, 0.5, 0.5)


def test_share_of_nothing_is_undefined():
    found = estimate_shares({"a": ([0], [0])}, ["g"], differences={"gain": ("a", "a")}, **BOOTSTRAP)
    assert isnan(found["a"].value)
    assert isnan(found["gain"].low)
    assert found["a"].n == 0
    assert isnan(estimate_shares({"a": ([], [])}, [], differences={}, **BOOTSTRAP)["a"].value)


def test_share_does_not_depend_on_the_order_of_rows():
    counts, groups = ([1, 0, 0, 1], [1, 1, 1, 1]), list("aabc")
    forward = estimate_shares({"a": counts}, groups, differences={}, **BOOTSTRAP)
    backward = estimate_shares({"a": tuple(c[::-1] for c in counts)}, groups[::-1], differences={}, **BOOTSTRAP)
    assert forward == backward
