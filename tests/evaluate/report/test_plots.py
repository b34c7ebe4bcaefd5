"""Tables for DVC's plots."""

from proguard.evaluate.report.plots import balance_table, confusion_pairs, confusion_table
from tests.outcomes import draw_test_rows, make_outcome
from tests.worlds import taxonomy


def test_confusion_has_a_line_per_row_with_a_gold_answer():
    outcomes = [make_outcome("C8S1"), make_outcome("C7S2", category=None, role="free")]
    table = confusion_table(confusion_pairs(outcomes, taxonomy()))
    assert table.rows() == [("C7 Hate and Terror", "C8 Dangerous Goods")]


def test_balance_counts_every_row_once():
    rows, _ = draw_test_rows(90)
    table = balance_table({"test": rows, "train": []})
    assert table["rows"].sum() == len(rows)
    assert table["rows of"].is_unique().all()
    assert set(table["kind"]) == {"safe", "unsafe, listed", "unsafe, hidden", "unsafe, novel"}


def test_balance_names_rows_that_are_not_mapped():
    row = make_outcome("C7S2", category=None, role="free").row
    assert balance_table({"test": [row]})["kind"].to_list() == ["unsafe, not mapped"]
