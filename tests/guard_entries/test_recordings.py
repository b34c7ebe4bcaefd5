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


def test_byte_order_mark_and_other_line_ends_are_read(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'\xef\xbb\xbf{"id": "1", "out": "x"}\r\n\r\n{"id": 2, "out": null}\r\n')
    rows = table(tmp_path, {"id": "id", "completion": "out"}).rows()
    assert rows == [("id 1", "", "x"), ("id 2", "", "")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "expected data, found a git-lfs pointer"),
        (b"<!DOCTYPE html><html>", "expected data, found an HTML page"),
        (b"", "expected recorded answers, found none"),
        (b"\n\n", "expected recorded answers, found none"),
        (b'{"id": "1", "id": "2", "out": "x"}', "line 1: expected a JSON object: key 'id' is given twice"),
        (b'{"id": "1", "out": ' + b"[" * 5000 + b"]" * 5000 + b"}", "line 1: expected a JSON object: nested too deep"),
        (b'{"id": "1", "out": "x"}\n{"id": "2", "out', "line 2: expected a JSON object: Unterminated string"),
        (b'{"id": "1", "out": "caf\xe9"}', "line 1: expected a JSON object: 'utf-8' codec"),
        (b"\x1f\x8b\x08\x00\x00", "line 1: expected a JSON object: 'utf-8' codec"),
        (b'{"id": "1", "out": "\\ud83d"}', "record 1: column 'out': not valid Unicode"),
        (b'{"id": "1", "out": false}', "record 1: column 'out': expected a text, found False"),
        (b'{"id": "1", "out": ["x"]}', "record 1: column 'out': expected a text, found \\['x'\\]"),
        (b'{"id": 1.0, "out": "x"}', "record 1: column 'id': expected a text, found 1.0"),
        (b'[{"id": "1", "out": "x"}]', "record 1: expected column 'id', found list"),
    ],
)
def test_file_that_is_no_recording_says_why(tmp_path, content, message):
    (tmp_path / "a.jsonl").write_bytes(content)
    with pytest.raises(ValueError, match=f"guards.g: a.jsonl[:,] {message}"):
        table(tmp_path, {"id": "id", "completion": "out"})


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" + bytes(40) + b"PAR1", b""])
def test_broken_parquet_is_named(tmp_path, content):
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(ValueError, match=r"guards.g: a.parquet: broken parquet: .*download the file again"):
        table(tmp_path, {"id": "id", "completion": "out"}, files=("a.parquet",))


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
