"""Recorded answers: files of several shapes, one table."""

import json

import polars as pl
import pytest

from proguard.guard_entries.recordings import record_table
from proguard.guards.recorded import keys_of
from proguard.guards.spec import Recorded
from tests.guards.rows import ROWS
from tests.separators import SEPARATORS

PROMPT = {"prompt": "prompt", "completion": "predict"}
CUT = ("Human user:\n", "\n\nAI assistant:\n", "\n\n")


def write_lines(path, *records):
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")


def table(folder, columns, cut=None, files=("a.jsonl",)):
    return record_table(Recorded(dict.fromkeys(files), columns, cut=cut), folder, "guards.g")


@pytest.mark.parametrize("row", ["both", "request"])
def test_prompt_in_the_released_shape_is_joined_by_its_text(tmp_path, row):
    sample = ROWS[row].sample
    prompt = f"Do it.\n\nHuman user:\n{sample.request}\n\nAI assistant:\n{sample.response}\n\n"
    write_lines(tmp_path / "a.jsonl", {"prompt": prompt, "label": "x", "predict": "Answers: ..."})
    assert table(tmp_path, PROMPT, CUT)["key"].to_list() == [keys_of(sample)[1]]


def test_prompt_of_another_shape_names_the_record(tmp_path):
    write_lines(tmp_path / "a.jsonl", {"prompt": "hello", "predict": "x"})
    with pytest.raises(ValueError, match=r"guards.g: a.jsonl, record 1: expected a prompt with .*found 'hello'"):
        table(tmp_path, PROMPT, CUT)


@pytest.mark.parametrize("separator", SEPARATORS)
def test_text_with_another_line_end_is_one_record(tmp_path, separator):
    write_lines(tmp_path / "a.jsonl", {"id": "1", "out": f"a{separator}b"})
    assert table(tmp_path, {"id": "id", "completion": "out"})["completion"].to_list() == [f"a{separator}b"]


def test_parquet_gives_the_same_table_as_lines(tmp_path):
    records = [{"request": "Hi, there!", "response": None, "out": "x"}, {"request": "b", "response": "c", "out": None}]
    write_lines(tmp_path / "a.jsonl", *records)
    pl.DataFrame(records).write_parquet(tmp_path / "a.parquet")
    columns = {"request": "request", "response": "response", "completion": "out"}
    tables = [table(tmp_path, columns, files=(f,)) for f in ("a.jsonl", "a.parquet")]
    assert tables[0].equals(tables[1])
    assert tables[0].rows() == [("text b\nc", "", ""), ("text hi there\n", "", "x")]


def test_missing_column_names_the_record_and_what_it_has(tmp_path):
    write_lines(tmp_path / "a.jsonl", {"id": "1", "text": "x"})
    with pytest.raises(ValueError, match="record 1: expected column 'out', found id, text; correct recorded.columns"):
        table(tmp_path, {"id": "id", "completion": "out"})


def test_first_of_two_answers_about_one_row_counts_and_the_other_is_told(tmp_path, caplog):
    columns = {"request": "q", "completion": "a"}
    write_lines(tmp_path / "a.jsonl", {"q": "Hi!", "a": "x"}, {"q": "hi", "a": "x"})
    assert table(tmp_path, columns)["completion"].to_list() == ["x"]
    assert caplog.text == ""
    write_lines(tmp_path / "a.jsonl", {"q": "Hi!", "a": "x"}, {"q": "hi", "a": "y"})
    assert table(tmp_path, columns)["completion"].to_list() == ["x"]
    assert "guards.g: 1 recorded answers differ" in caplog.text


def test_missing_file_says_where_it_belongs(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"guards.g: a.jsonl: no file .*a.jsonl; put it there"):
        table(tmp_path, {"id": "id", "completion": "out"})


def test_file_with_another_hash_is_refused(tmp_path):
    write_lines(tmp_path / "a.jsonl", {"id": "1", "out": "x"})
    with pytest.raises(ValueError, match="guards.g: a.jsonl: expected sha256 abc"):
        record_table(Recorded({"a.jsonl": "abc"}, {"id": "id", "completion": "out"}), tmp_path, "guards.g")


def test_image_is_joined_by_id_alone():
    assert keys_of(ROWS["image"].sample) == (f"id {ROWS['image'].sample.id}",)
    assert len(keys_of(ROWS["text_image"].sample)) == 1
