"""Which rows are changed."""

from collections import Counter

from proguard.variants.draw import draw_for_drift, draw_for_honesty
from proguard.variants.modality_honesty import find_carrier
from tests.outcomes import draw_test_rows


def test_drift_draws_three_listed_rows_of_five_evenly_over_modalities():
    rows, _ = draw_test_rows(600)
    drawn = draw_for_drift(rows, n=50, seed=0)
    assert Counter(row.role == "shown" for row in drawn) == {True: 30, False: 20}
    listed = Counter(row.sample.modality for row in drawn if row.role == "shown")
    assert set(listed.values()) == {10}


def test_honesty_draws_evenly_over_what_holds_the_risk():
    rows, _ = draw_test_rows(600)
    drawn = draw_for_honesty(rows, n=50, seed=0)
    both = [row for row in drawn if row.sample.modality == "text_image"]
    assert Counter(find_carrier(row.sample) for row in both) == {"words": 10, "picture": 10, "nothing": 10}
    assert Counter(row.sample.modality for row in drawn)["image"] == 10
    assert all(row.sample.has_response for row in drawn if row.sample.modality == "text")


def test_draws_do_not_depend_on_the_order_of_rows():
    rows, _ = draw_test_rows(200)
    for draw in (draw_for_drift, draw_for_honesty):
        assert draw(rows, n=40, seed=3) == draw(rows[::-1], n=40, seed=3)
        assert draw(rows, n=40, seed=3) != draw(rows, n=40, seed=4)


def test_draws_take_all_where_there_are_few_and_none_of_none():
    rows, _ = draw_test_rows(30)
    assert len(draw_for_drift(rows, n=1000, seed=0)) == len(rows)
    assert draw_for_drift(rows, n=0, seed=0) == draw_for_honesty([], n=9, seed=0) == []
