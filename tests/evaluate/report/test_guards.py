"""Every guard on every test set, beside the paper's numbers."""

from math import nan

import polars as pl

from proguard.evaluate.metrics.estimate import DIFFERENCE, Estimate
from proguard.evaluate.report.guards import guard_tables, guards_csv

PUBLISHED = pl.DataFrame(
    {
        "task": ["request_safety", "response_safety", "request_safety"],
        "modality": ["text", "text", "image"],
        "benchmark": ["xstest", "xstest", "llavaguard"],
        "guard": ["LlamaGuard4-12B", "LlamaGuard4-12B", "LlamaGuard4-12B"],
        "metric": ["f1"] * 3,
        "value": [90.0, 80.0, 31.5],
    }
)
NAMES = {"llama_guard_4": "LlamaGuard4-12B", "word_list": None}


def safety(value, n, task="request_safety", metric="weighted_f1"):
    return {task: {metric: Estimate(value, value, value, n)}}


ESTIMATES = {
    "llama_guard_4": {
        "xstest": {"text": safety(0.875, 450)},
        "xstest_response": {"text": safety(0.8, 446, "response_safety")},
        "llavaguard": {"image": safety(0.25, 400, metric="f1")},
    },
    "word_list": {"xstest": {"text": safety(0.5, 450)}, "llavaguard": {"image": safety(nan, 0, metric="f1")}},
    DIFFERENCE: {"xstest": {"text": safety(0.1, 450)}},
}


def cells(task):
    table = next(t for t in guard_tables(ESTIMATES, PUBLISHED, NAMES) if t.title == task)
    return {(guard, column): cell for guard, row in table.rows for column, cell in zip(table.columns, row, strict=True)}


def test_cells_have_ours_n_and_the_papers_number_with_the_difference():
    found = cells("Request safety")
    llama = found["llama_guard_4", "xstest · text"]
    assert (llama.ours, llama.n, llama.published, llama.difference) == ("87.5", 450, "90.0", "−2.5")
    assert found["llama_guard_4", "llavaguard · image"].difference == "−6.5"
    assert found["word_list", "xstest · text"].published == ""


def test_guard_that_cannot_be_asked_has_a_dash_and_not_a_zero():
    cell = cells("Request safety")["word_list", "llavaguard · image"]
    assert (cell.ours, cell.n, cell.published) == ("–", 0, "")


def test_set_that_is_named_otherwise_than_the_papers_column_finds_it():
    assert cells("Response safety")["llama_guard_4", "xstest response · text"].published == "80.0"


def test_tasks_without_a_number_and_the_difference_are_left_out():
    tables = guard_tables(ESTIMATES, PUBLISHED, NAMES)
    assert [t.title for t in tables] == ["Request safety", "Response safety"]
    assert DIFFERENCE not in guards_csv(tables)["guard"].to_list()


def test_csv_has_a_line_for_every_cell():
    table = guards_csv(guard_tables(ESTIMATES, PUBLISHED, NAMES))
    assert len(table) == 2 * 2 + 2 * 1
    assert guards_csv([]).columns == table.columns
