"""The table of a rotation, from made metrics."""

import numpy as np
import pytest
from scipy import stats

from proguard.evaluate.metrics.estimate import Estimate
from proguard.rotate.table import LINES, Category, Fold, make_lines, mean_of, table_json, write_markdown

NOVEL = (("C1", "C2", "C3"), ("C4", "C5"), ("C6", "C7"), ("C8", "C9"), ("C10", "C11"))


def make_fold(number, value):
    tasks = {}
    for line in LINES:
        tasks.setdefault(line.task, {})[line.metric] = {"value": value}
    return Fold(number, NOVEL[number], {g: {"test": {"all": tasks}} for g in ("base", "proguard")})


def lines_of(values):
    folds = [make_fold(i, value) for i, value in enumerate(values)]
    return folds, make_lines(folds, guards=["base", "proguard"], test_set="test", confidence=0.95)


def test_mean_of_folds_has_the_t_interval_of_scipy():
    values = [0.2, 0.4, 0.3, 0.5, 0.35]
    low, high = stats.t.interval(0.95, 4, loc=np.mean(values), scale=stats.sem(values))
    found = mean_of(values, 0.95)
    assert (found.value, found.low, found.high, found.n) == (pytest.approx(0.35), *map(pytest.approx, (low, high)), 5)


def test_mean_of_folds_worked_by_hand():
    # Mean 2, standard error 1 / sqrt(3), t of 2 degrees 4.302653.
    found = mean_of([1.0, 2.0, 3.0], 0.95)
    assert (found.low, found.high) == (0.0, pytest.approx(2 + 4.302653 / 3**0.5))


@pytest.mark.parametrize(("values", "n"), [([], 0), ([0.5], 1), ([float("nan"), 0.5], 1)])
def test_mean_of_fewer_than_two_folds_has_no_interval(values, n):
    found = mean_of(values, 0.95)
    assert found.n == n
    assert np.isnan(found.low)
    assert np.isnan(found.high)


def test_interval_of_a_share_ends_at_one():
    assert mean_of([0.9, 1.0], 0.95, highest=1.0).high == 1.0


def test_table_has_a_column_for_each_fold_and_the_mean():
    folds, lines = lines_of([0.1, 0.2, 0.3, 0.4, 0.5])
    text = write_markdown(folds, lines, [], n_folds=5, confidence=0.95)
    assert text.startswith("5 of 5 folds, 11 categories novel once; mean with its 95 % t interval.")
    assert "| metric | guard | fold 0: C1 C2 C3 | fold 1: C4 C5 |" in text
    assert (
        "| Unlisted risk noticed | proguard | 10.0 % | 20.0 % | 30.0 % | 40.0 % | 50.0 % | 30.0 % [10.4 to 49.6] |"
        in text
    )


def test_table_of_some_folds_says_so():
    folds, lines = lines_of([0.1, 0.2])
    assert "2 of 5 folds, 5 categories" in write_markdown(folds, lines, [], n_folds=5, confidence=0.95)


def test_metric_that_a_fold_lacks_is_a_dash_and_leaves_the_mean():
    folds, lines = lines_of([0.25, None])
    assert "| 25.0 % | – | 25.0 % |" in write_markdown(folds, lines, [], n_folds=5, confidence=0.95)
    assert table_json(lines, [])["lines"][0]["folds"] == [0.25, None]


def test_category_line_has_its_interval_and_rows():
    category = Category("C4", "Cyber", 1, "proguard", Estimate(0.5, 0.25, 0.75, 40), Estimate(0.125, 0.0, 0.25, 40))
    text = write_markdown(*lines_of([0.1]), [category], n_folds=5, confidence=0.95)
    assert "| C4 Cyber | 1 | proguard | 40 | 50.0 % [25.0 to 75.0] | 12.5 % [0.0 to 25.0] |" in text
