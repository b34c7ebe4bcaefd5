from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.strata import apportion, draw_keys, draw_stratified, with_label


@pytest.mark.parametrize(
    ("request_label", "response_label", "label"),
    [("safe", "unsafe", "unsafe"), ("unsafe", None, "unsafe"), ("safe", None, "safe"), (None, "safe", "safe")],
)
def test_with_label_is_unsafe_when_a_side_is(request_label, response_label, label):
    table = pl.DataFrame(
        [{"request_label": request_label, "response_label": response_label}],
        schema={"request_label": pl.String(), "response_label": pl.String()},
    )
    assert with_label(table)["label"].to_list() == [label]


def test_apportion_known_value():
    # 10 over 5 : 3 : 1 = 5.56, 3.33, 1.11: 5 + 3 + 1, and the one left goes to the largest remainder, .56.
    assert apportion(10, [5, 3, 1]) == [6, 3, 1]


def test_apportion_equal_remainders_go_to_the_earlier():
    assert apportion(2, [Fraction(1, 3)] * 3) == [1, 1, 0]


@given(st.integers(0, 500), st.lists(st.integers(0, 50), min_size=1, max_size=12).filter(any))
def test_apportion_adds_up_and_is_within_one(total, weights):
    numbers = apportion(total, weights)
    assert sum(numbers) == total
    assert all(abs(n - total * w / sum(weights)) < 1 for n, w in zip(numbers, weights, strict=True))


def test_apportion_over_nothing_says_so():
    assert apportion(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="cannot apportion 3"):
        apportion(3, [0])


def test_draw_keys_of_two_purposes_differ():
    ids = pl.Series(["a", "b"])
    assert draw_keys(ids, seed=0, purpose="x").to_list() != draw_keys(ids, seed=0, purpose="y").to_list()


@given(st.lists(st.sampled_from(["s", "t", None]), min_size=1, max_size=40), st.data())
def test_draw_stratified_is_exact_and_ignores_order(strata, data):
    rows = pl.DataFrame({"id": [f"{i:03d}" for i in range(len(strata))], "k": pl.Series(strata, dtype=pl.String())})
    n = data.draw(st.integers(0, len(strata)))
    drawn = draw_stratified(rows, n=n, by=["k"], seed=1, purpose="p")
    assert drawn.height == n
    assert drawn.equals(draw_stratified(rows.reverse(), n=n, by=["k"], seed=1, purpose="p"))
    for value in set(strata):
        share = n * strata.count(value) / len(strata)
        assert abs(drawn["k"].to_list().count(value) - share) < 1
