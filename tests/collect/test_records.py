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

from proguard.collect.csv_rows import MAX_CELL_CHARS
from proguard.collect.item import Rejected
from proguard.collect.records import BATCH_ROWS, check_columns, parse_row, read_checked, read_items, read_records
from tests.separators import SEPARATORS

ROWS = [{"prompt": "a walk", "label": 0}, {"prompt": 'caf\u00e9,\n"quoted"', "label": 1}]
CSV = 'prompt,label\na walk,0\n"caf\u00e9,\n""quoted""",1\n'
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)
LIST = json.dumps(ROWS)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12\n"


def read(content: str | bytes, name: str, folder: Path) -> list[tuple[int, Any]]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_records(path))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize("content", [LINES, LIST, json.dumps(ROWS, indent=2, ensure_ascii=False)], ids=str)
@pytest.mark.parametrize("mark", ["", "\ufeff", "\ufeff\n "], ids=["plain", "byte-order-mark", "space"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_read_records_json_is_told_by_its_first_character(mark, content, name, pack, tmp_path: Path):
    assert read(pack((mark + content).encode()), name, tmp_path) == [(1, ROWS[0]), (2, ROWS[1])]


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte-order-mark"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_read_records_csv_gives_texts_with_line_breaks(mark: str, pack, name: str, tmp_path: Path):
    rows = read(pack((mark + CSV).encode()), name, tmp_path)
    assert rows == [(n, row | {"label": str(row["label"])}) for n, row in enumerate(ROWS, 1)]


def test_read_records_parquet_gives_every_batch(tmp_path: Path):
    rows = [{"n": n, "image": {"bytes": b"x", "path": None}} for n in range(2 * BATCH_ROWS + 1)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    assert list(read_records(tmp_path / "a.parquet")) == list(enumerate(rows, 1))


def test_read_records_name_says_the_format_of_a_file_without_one(tmp_path: Path):
    (tmp_path / "blob").write_bytes(gzip.compress(CSV.encode()))
    assert [number for number, _ in read_records(tmp_path / "blob", name="data/a.csv.gz")] == [1, 2]


@pytest.mark.parametrize("separator", SEPARATORS, ids=repr)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.parquet"])
def test_read_records_text_may_hold_other_line_ends(name: str, separator: str, tmp_path: Path):
    rows = [{"prompt": f"one{separator}two"}, {"prompt": "three"}]
    content = {
        "a.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows),
        # JSON itself wants the five below U+0020 escaped.
        "a.json": json.dumps(rows, ensure_ascii=False),
        "a.csv": "prompt\n" + "".join(f"{row['prompt']}\n" for row in rows),
    }
    if name == "a.parquet":
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
        assert list(read_records(tmp_path / name)) == list(enumerate(rows, 1))
    else:
        assert read(content[name], name, tmp_path) == list(enumerate(rows, 1))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", '{"a": 1}\n{"a":\n{"a": 3}\n'),
        ("a.jsonl", '{"a": 1}\n[2]\n{"a": 3}\n'),
        ("a.jsonl", b'{"a": 1}\n"\xff"\n{"a": 3}\n'),
        ("a.json", '[{"a": 1}, 2, {"a": 3}]'),
        ("a.csv", "a\n1\n2,2\n3\n"),
        ("a.csv", "a\n1\n\0\n3\n"),
    ],
    ids=["cut", "list", "not-utf8", "number", "cells", "nul"],
)
def test_read_records_broken_row_is_an_error_in_its_place(name: str, content: str | bytes, tmp_path: Path):
    (_, first), (number, broken), (_, last) = read(content, name, tmp_path)
    assert ([int(row["a"]) for row in (first, last)], number) == ([1, 3], 2)
    assert isinstance(broken, ValueError)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '[{"a": 1}, {"a"'),
        ("a.csv", b"a\n\xff\n"),
        ("a.csv", b'a\n"' + b"x" * (MAX_CELL_CHARS + 1)),
        ("a.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 1000)[:-9]),
        ("a.jsonl.xz", lzma.compress(b'{"a": 1}\n' * 1000)[:-9]),
        ("a.parquet", b"no parquet"),
        ("a.csv", POINTER),
        ("a.parquet", POINTER),
        ("a.json", b"<!DOCTYPE html><html>"),
    ],
    ids=["cut-list", "not-utf8", "huge-cell", "cut-gz", "cut-xz", "no-parquet", "pointer", "pointer", "page"],
)
def test_read_records_broken_file_is_named(name: str, content: str | bytes, tmp_path: Path):
    with pytest.raises(ValueError, match=rf"{name}: broken {name.split('.')[1]}: "):
        read(content, name, tmp_path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (CSV.encode("utf-16"), "UTF-16 text"),
        (CSV.encode("utf-16-le"), "UTF-16 text"),
        (CSV.encode("utf-16-be"), "UTF-16 text"),
        (CSV.encode("latin-1"), "row 2: expected UTF-8, found byte 0xe9"),
        (b"PK\x03\x04 and more", "a zip archive"),
        (POINTER, "a git-lfs pointer; run `git lfs pull`"),
        (b"<html><body>Log in</body></html>", "an HTML page"),
        (b"404: Not Found", "the message '404: Not Found' of a server"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_read_records_what_is_no_data_is_named(content: bytes, found: str, pack, tmp_path: Path):
    with pytest.raises(ValueError, match=rf"^a\.csv: broken csv: .*{found}"):
        read(pack(content), "a.csv", tmp_path)


def test_read_records_broken_list_gives_the_rows_before(tmp_path: Path):
    (tmp_path / "a.json").write_text('[{"a": 1}, {"a"')
    assert next(read_records(tmp_path / "a.json")) == (1, {"a": 1})


def test_read_records_parquet_with_a_column_twice_names_it(tmp_path: Path):
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["prompt", "prompt"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=r"a\.parquet: broken parquet: column 'prompt' twice"):
        list(read_records(tmp_path / "a.parquet"))


def test_read_records_parquet_row_that_python_cannot_hold_is_an_error_in_its_place(tmp_path: Path):
    texts = pa.array([b"one", b"\xff", b"three"]).view(pa.string())
    pq.write_table(pa.table({"prompt": texts}), tmp_path / "a.parquet")
    (_, first), (number, broken), (_, last) = read_records(tmp_path / "a.parquet")
    assert (first["prompt"], number, last["prompt"]) == ("one", 2, "three")
    assert isinstance(broken, UnicodeError)


@pytest.mark.parametrize("name", ["a.txt", "a", "a.txt.gz"])
def test_read_records_other_format_names_those_that_are_read(name: str, tmp_path: Path):
    with pytest.raises(ValueError, match=r"expected \.jsonl, \.json, \.csv or \.parquet, found"):
        read("", name, tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jsonl", ""), ("b.jsonl", "\n \n"), ("a.json", "[]"), ("c.jsonl", " [ ]\n"), ("a.csv", ""), ("b.csv", "a,b\n")],
)
def test_read_records_without_rows_gives_none(name: str, content: str, tmp_path: Path):
    assert read(content, name, tmp_path) == []


JSON_ROWS = st.lists(
    st.dictionaries(st.text(max_size=4), st.text(max_size=9) | st.integers() | st.none() | st.lists(st.booleans())),
    max_size=4,
)


@settings(max_examples=50, deadline=None)
@given(rows=JSON_ROWS, is_list=st.booleans(), ensure_ascii=st.booleans())
def test_read_records_json_is_the_inverse_of_json(
    rows: list[dict[str, Any]], is_list: bool, ensure_ascii: bool, tmp_path_factory: pytest.TempPathFactory
):
    texts = [json.dumps(row, ensure_ascii=ensure_ascii) for row in rows]
    content = f"[{', '.join(texts)}]" if is_list else "".join(text + "\n" for text in texts)
    assert read(content, "a.jsonl", tmp_path_factory.mktemp("rows")) == list(enumerate(rows, 1))


def test_check_columns_missing_one_shows_expected_and_found():
    check_columns("s", "f", found={"a", "b", "c"}, expected=["a", ("x", "b")])
    with pytest.raises(ValueError, match=r"s: f: expected columns a, b or x; found c; missing a, b or x; the schema"):
        check_columns("s", "f", found=["c"], expected=["a", ("b", "x")])


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_check_columns_other_delimiter_is_named(delimiter: str):
    with pytest.raises(ValueError, match=r"missing a, b; cells are parted by .* and not by ','"):
        check_columns("s", "f", found=[f"a{delimiter}b"], expected=["a", "b"])


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


@pytest.mark.parametrize("head", ["", "1\n", "1\n{\n"], ids=["first", "second", "third"])
def test_read_items_first_good_row_shows_missing_columns(head: str, tmp_path: Path):
    with pytest.raises(ValueError, match=r"s: a\.jsonl: expected columns a, b; found a; missing b; "):
        items({"a.jsonl": head + '{"a": 1}\n'}, tmp_path, columns=("a", "b"))


def test_read_items_checks_the_columns_of_each_file(tmp_path: Path):
    with pytest.raises(ValueError, match=r"s: b\.jsonl: expected columns a; found b"):
        items({"a.jsonl": '{"a": 1}\n', "b.jsonl": '{"b": 1}\n'}, tmp_path)


def test_read_items_later_row_without_a_column_is_left_to_parse(tmp_path: Path):
    assert items({"a.jsonl": '{"a": 1}\n{}\n'}, tmp_path)[1] == ("a.jsonl", 2, {})


def test_read_items_broken_file_names_source_and_file(tmp_path: Path):
    with pytest.raises(ValueError, match=r"^s: a\.csv: broken csv: row 1: a quote that opens there is never closed"):
        items({"a.csv": 'a\n"1\n'}, tmp_path)


def test_read_items_reads_no_further_than_asked(tmp_path: Path):
    (tmp_path / "a").write_text('{"a": 1}\n')
    files = {"a.jsonl": tmp_path / "a", "b.jsonl": tmp_path / "absent"}
    rows = read_items(files, source="s", columns=("a",), parse=lambda record, **_: record)
    assert next(rows) == {"a": 1}


def raise_(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("fail", "reason", "detail"),
    [
        (lambda: {}["label"], "unreadable row", "KeyError: 'label'"),
        (lambda: [].strip(), "wrong type", "AttributeError: 'list' object has no attribute 'strip'"),
        (lambda: {[]: 1}, "wrong type", "TypeError: unhashable type: 'list'"),
        (lambda: "\ud83d".encode(), "not valid Unicode", "UnicodeEncodeError: "),
        (lambda: int(float("inf")), "unreadable row", "OverflowError: cannot convert float infinity to integer"),
        (lambda: raise_(RecursionError("too deep")), "unreadable row", "RecursionError: too deep"),
        (lambda: raise_(ValueError("one\ntwo")), "unreadable row", "ValueError: one"),
        (lambda: raise_(ValueError(f"{object()}")), "unreadable row", "ValueError: <object object at 0x...>"),
    ],
)
def test_parse_row_that_fails_is_rejected_with_the_reason(fail, reason: str, detail: str):
    rejected = parse_row(lambda record, *, file, row: fail(), {}, file="f", row=7)
    assert (rejected.file, rejected.row, rejected.reason) == ("f", 7, reason)
    assert rejected.detail.startswith(detail)


@pytest.mark.parametrize("error", [OSError("disk"), MemoryError()])
def test_parse_row_faults_of_the_machine_are_raised(error: Exception):
    with pytest.raises(type(error)):
        parse_row(lambda record, *, file, row: raise_(error), {}, file="f", row=7)


def test_parse_row_long_detail_is_cut():
    assert len(parse_row(lambda record, *, file, row: raise_(ValueError("x" * 999)), {}, file="f", row=1).detail) == 200


def test_read_checked_keeps_errors_in_their_place(tmp_path: Path):
    (tmp_path / "a").write_text('1\n{"a": 1}\n')
    (_, broken), last = read_checked(tmp_path / "a", name="a.jsonl", source="s", columns=("a",))
    assert isinstance(broken, ValueError)
    assert last == (2, {"a": 1})
