import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proguard.collect.item import Rejected
from proguard.collect.records import (
    BATCH_ROWS,
    MAX_CELL_CHARS,
    check_columns,
    read_checked,
    read_items,
    read_records,
)

ROWS = [{"prompt": "a walk", "label": 0}, {"prompt": 'caf\u00e9,\n"quoted"', "label": 1}]
CSV = 'prompt,label\na walk,0\n"caf\u00e9,\n""quoted""",1\n'


def read(content: str | bytes, name: str, folder: Path) -> list[tuple[int, Any]]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_records(path))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS)),
        ("a.json", json.dumps(ROWS)),
        ("b.json", json.dumps(ROWS, indent=2, ensure_ascii=False)),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_read_records_json_gives_objects_with_their_numbers(name: str, content: str, packed: bool, tmp_path: Path):
    body = gzip.compress(content.encode()) if packed else content
    assert read(body, name + ".gz" * packed, tmp_path) == [(1, ROWS[0]), (2, ROWS[1])]


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte-order-mark"])
@pytest.mark.parametrize("packed", [False, True])
def test_read_records_csv_gives_texts_with_line_breaks(mark: str, packed: bool, tmp_path: Path):
    body = (mark + CSV).encode()
    rows = read(gzip.compress(body) if packed else body, "a.csv" + ".gz" * packed, tmp_path)
    assert rows == [(n, row | {"label": str(row["label"])}) for n, row in enumerate(ROWS, 1)]


def test_read_records_parquet_gives_every_batch(tmp_path: Path):
    rows = [{"n": n, "image": {"bytes": b"x", "path": None}} for n in range(2 * BATCH_ROWS + 1)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert list(read_records(tmp_path / "a.parquet")) == list(enumerate(rows, 1))


def test_read_records_name_says_the_format_of_a_file_without_one(tmp_path: Path):
    (tmp_path / "blob").write_bytes(gzip.compress(CSV.encode()))
    assert [number for number, _ in read_records(tmp_path / "blob", name="data/a.csv.gz")] == [1, 2]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", '{"a": 1}\n{"a":\n{"a": 3}\n'),
        ("a.jsonl", '{"a": 1}\n[2]\n{"a": 3}\n'),
        ("a.jsonl", b'{"a": 1}\n"\xff"\n{"a": 3}\n'),
        ("a.json", '[{"a": 1}, 2, {"a": 3}]'),
        ("a.csv", "a\n1\n2,2\n3\n"),
    ],
    ids=["cut", "list", "not-utf8", "number", "cells"],
)
def test_read_records_broken_row_is_an_error_in_its_place(name: str, content: str | bytes, tmp_path: Path):
    (_, first), (number, broken), (_, last) = read(content, name, tmp_path)
    assert ([int(row["a"]) for row in (first, last)], number) == ([1, 3], 2)
    assert isinstance(broken, ValueError)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '[{"a": 1}, {"a"'),
        ("a.json", '{"a": 1'),
        ("a.csv", b"a\n\xff\n"),
        ("a.csv", b"a\n" + b"x" * (MAX_CELL_CHARS + 1)),
        ("a.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 1000)[:-9]),
        ("a.jsonl.gz", b"not packed"),
        ("a.jsonl.xz", b"not packed"),
        ("a.parquet", b"no parquet"),
    ],
    ids=["cut-list", "cut-object", "not-utf8", "huge-cell", "cut-gz", "no-gz", "no-xz", "no-parquet"],
)
def test_read_records_broken_file_is_named(name: str, content: str | bytes, tmp_path: Path):
    with pytest.raises(ValueError, match=rf"{name}: broken {name.split('.')[1]}: "):
        read(content, name, tmp_path)


def test_read_records_broken_list_gives_the_rows_before(tmp_path: Path):
    (tmp_path / "a.json").write_text('[{"a": 1}, {"a"')
    assert next(read_records(tmp_path / "a.json")) == (1, {"a": 1})


@pytest.mark.parametrize("name", ["a.txt", "a", "a.txt.gz"])
def test_read_records_other_format_names_those_that_are_read(name: str, tmp_path: Path):
    with pytest.raises(ValueError, match=r"expected \.jsonl, \.json, \.csv or \.parquet, found"):
        read("", name, tmp_path)


@pytest.mark.parametrize(
    ("name", "content"), [("a.jsonl", ""), ("b.jsonl", "\n \n"), ("a.json", "[]"), ("a.csv", ""), ("b.csv", "a,b\n")]
)
def test_read_records_without_rows_gives_none(name: str, content: str, tmp_path: Path):
    assert read(content, name, tmp_path) == []


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.dictionaries(st.text(max_size=4), st.text(max_size=9) | st.integers() | st.none()), max_size=4))
def test_read_records_jsonl_is_the_inverse_of_json(
    rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
):
    content = "".join(json.dumps(row) + "\n" for row in rows)
    assert read(content, "a.jsonl", tmp_path_factory.mktemp("rows")) == list(enumerate(rows, 1))


def test_check_columns_missing_one_shows_expected_and_found():
    check_columns("s", "f", found={"a", "b", "c"}, expected=["a", "b"])
    with pytest.raises(ValueError, match=r"s: f: expected columns a, b; found c; missing a, b; the schema changed"):
        check_columns("s", "f", found=["c"], expected=["a", "b"])


def test_read_records_of_an_xz_file_gives_its_rows(tmp_path):
    (tmp_path / "a.jsonl.xz").write_bytes(lzma.compress(b'{"a": 1}\n{"a": 2}\n'))
    assert list(read_records(tmp_path / "a.jsonl.xz")) == [(1, {"a": 1}), (2, {"a": 2})]


def items(lines_by_name: dict[str, str], folder: Path, columns: tuple[str, ...] = ("a",)) -> list[Any]:
    files = {name: folder / str(n) for n, name in enumerate(lines_by_name)}
    for name, lines in lines_by_name.items():
        files[name].write_text(lines)
    return list(read_items(files, source="s", columns=columns, parse=lambda record, *, file, row: (file, row, record)))


def test_read_items_gives_each_row_of_each_file_with_its_place(tmp_path: Path):
    found = items({"b.jsonl": '{"a": 1}\n{"a": 2}\n', "a.csv": "a\n3\n"}, tmp_path)
    assert found == [("b.jsonl", 1, {"a": 1}), ("b.jsonl", 2, {"a": 2}), ("a.csv", 1, {"a": "3"})]


def test_read_items_unreadable_row_is_rejected_in_its_place(tmp_path: Path):
    _, rejected, last = items({"a.csv": "a\n1\n2,2\n3\n"}, tmp_path)
    assert rejected == Rejected("a.csv", 2, "unreadable row", "expected 1 cells, found 2")
    assert last == ("a.csv", 3, {"a": "3"})


@pytest.mark.parametrize("head", ["", "[1]\n", "[1]\n{\n"], ids=["first", "second", "third"])
def test_read_items_first_good_row_shows_missing_columns(head: str, tmp_path: Path):
    with pytest.raises(ValueError, match=r"s: a\.jsonl: expected columns a, b; found a; missing b; "):
        items({"a.jsonl": head + '{"a": 1}\n'}, tmp_path, columns=("a", "b"))


def test_read_items_checks_the_columns_of_each_file(tmp_path: Path):
    with pytest.raises(ValueError, match=r"s: b\.jsonl: expected columns a; found b"):
        items({"a.jsonl": '{"a": 1}\n', "b.jsonl": '{"b": 1}\n'}, tmp_path)


def test_read_items_later_row_without_a_column_is_left_to_parse(tmp_path: Path):
    assert items({"a.jsonl": '{"a": 1}\n{}\n'}, tmp_path)[1] == ("a.jsonl", 2, {})


def test_read_items_reads_no_further_than_asked(tmp_path: Path):
    (tmp_path / "a").write_text('{"a": 1}\n')
    files = {"a.jsonl": tmp_path / "a", "b.jsonl": tmp_path / "absent"}
    rows = read_items(files, source="s", columns=("a",), parse=lambda record, **_: record)
    assert next(rows) == {"a": 1}


def test_read_checked_keeps_errors_in_their_place(tmp_path: Path):
    (tmp_path / "a").write_text('[1]\n{"a": 1}\n')
    (_, broken), last = read_checked(tmp_path / "a", name="a.jsonl", source="s", columns=("a",))
    assert isinstance(broken, ValueError)
    assert last == (2, {"a": 1})
