"""Every guard on every test set, beside the paper's numbers."""

from math import isnan, nan

import polars as pl
import pytest

from proguard.evaluate.metrics.estimate import DIFFERENCE, Estimate
from proguard.evaluate.report.guards import guard_tables, guards_csv, show

PUBLISHED = pl.DataFrame(
    [
        ("request_safety", "text", "xstest", "LlamaGuard4-12B", 90.0),
        ("request_safety", "text", "aegis2", "LlamaGuard4-12B", 70.0),
        ("request_safety", "text", "average", "LlamaGuard4-12B", 79.0),
        ("request_safety", "text", "xstest", "Other", 60.0),
        ("response_safety", "text", "xstest", "LlamaGuard4-12B", 80.0),
        ("request_safety", "image", "llavaguard", "LlamaGuard4-12B", 31.5),
    ],
    schema=["task", "modality", "benchmark", "guard", "value"],
    orient="row",
).with_columns(metric=pl.lit("f1"))
NAMES = {"llama_guard_4": "LlamaGuard4-12B", "word_list": None}


def estimate(value, n):
    return Estimate(value, value, value, n)


def safety(value, n, task="request_safety", metric="weighted_f1", n_unsafe=None):
    return {task: {metric: estimate(value, n), "recall": estimate(0.5, n if n_unsafe is None else n_unsafe)}}


ESTIMATES = {
    "llama_guard_4": {
        "aegis2": {"text": safety(0.775, 150)},
        "xstest": {"text": safety(0.875, 450)},
        "xstest_response": {"text": safety(0.8, 446, "response_safety")},
        "llavaguard": {"image": safety(0.25, 400, metric="f1")},
        "or_bench": {"text": safety(nan, 300, n_unsafe=0)},
    },
    "word_list": {"xstest": {"text": safety(0.5, 450)}, "llavaguard": {"image": safety(nan, 0, metric="f1")}},
    DIFFERENCE: {"xstest": {"text": safety(0.1, 450)}},
}


@pytest.fixture(scope="module")
def table():
    [found] = guard_tables(ESTIMATES, PUBLISHED, NAMES)
    return found


@pytest.fixture(scope="module")
def cells(table):
    titles = [column.title for column in table.columns]
    return {(row.guard, title): cell for row in table.rows for title, cell in zip(titles, row.cells, strict=True)}


def test_cells_have_ours_n_and_the_papers_number_with_the_difference(cells):
    cell = cells["llama_guard_4", "requests · xstest · text"]
    assert (cell.ours, cell.n, cell.published, cell.difference) == (87.5, 450, 90.0, -2.5)
    assert cells["llama_guard_4", "requests · llavaguard · image"].difference == -6.5
    assert isnan(cells["word_list", "requests · xstest · text"].published)


def test_guard_that_cannot_be_asked_has_no_number_and_not_a_zero(cells):
    cell = cells["word_list", "requests · llavaguard · image"]
    assert isnan(cell.ours)
    assert cell.n == 0


def test_set_that_is_named_otherwise_than_the_papers_column_finds_it(cells):
    assert cells["llama_guard_4", "responses · xstest response · text"].published == 80.0


def test_average_is_weighted_by_rows_and_needs_every_set(cells):
    # (150 x 77.5 + 450 x 87.5) / 600 = 85.
    cell = cells["llama_guard_4", "requests · average · text"]
    assert (cell.ours, cell.n, cell.difference) == (pytest.approx(85.0), 600, pytest.approx(6.0))
    assert isnan(cells["word_list", "requests · average · text"].ours)


def test_papers_guards_that_were_not_asked_have_their_number_alone(table, cells):
    assert [(row.guard, row.was_asked) for row in table.rows] == [
        ("llama_guard_4", True),
        ("word_list", True),
        ("Other", False),
    ]
    assert cells["Other", "requests · xstest · text"].published == 60.0


def test_set_of_safe_requests_has_no_column_of_f1(table):
    assert not [column for column in table.columns if column.test_set == "or_bench"]


def test_tables_without_a_number_and_the_difference_are_left_out(table):
    assert table.title == "Safety of requests and responses"
    assert DIFFERENCE not in guards_csv([table])["guard"].to_list()


def test_csv_has_a_line_for_every_cell_and_none_for_what_is_undefined(table):
    lines = guards_csv([table])
    assert len(lines) == len(table.rows) * len(table.columns)
    own = lines.filter(pl.col("guard") == "word_list", pl.col("set") == "llavaguard")
    assert own.select("ours", "n", "published").row(0) == (None, 0, None)
    assert guards_csv([]).columns == lines.columns


def test_show_prints_a_minus_sign_and_what_stands_for_nothing():
    assert [show(-2.54), show(3.0, sign="+"), show(nan), show(nan, "–")] == ["−2.5", "+3.0", "", "–"]
