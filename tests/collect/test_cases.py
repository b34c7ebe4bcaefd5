"""The odd files of tests/cases, each read as its kind has to be."""

from pathlib import Path

import pytest

from proguard.collect.records import read_records

CASES = Path(__file__).parents[1] / "cases"


def test_read_records_open_quote_names_file_and_row():
    with pytest.raises(
        ValueError, match=r"open_quote\.csv: broken csv: row 11: a quote that opens there is never closed"
    ):
        list(read_records(CASES / "open_quote.csv"))


def test_read_records_two_prompt_columns_names_the_column():
    with pytest.raises(ValueError, match=r"two_prompt_columns\.csv: broken csv: column 'prompt' twice"):
        list(read_records(CASES / "two_prompt_columns.csv"))


def test_read_records_list_after_a_byte_order_mark_is_read():
    assert list(read_records(CASES / "list_bom.json")) == [(1, {"input": "a", "output": "b"})]


def test_read_records_line_nested_deep_is_an_error_and_the_other_is_read():
    (_, deep), other = read_records(CASES / "deep.jsonl")
    assert str(deep) == "nested deeper than 100 levels"
    assert other == (2, {"a": 2})
