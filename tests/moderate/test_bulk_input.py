import gzip
import json

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from proguard.moderate.bulk_input import list_inputs, read_rows
from tests.moderate.test_item import RED


def write_lines(path, *lines):
    path.write_bytes(b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{\n", "Expecting"),
        (b"\n", "Expecting"),
        (b"\xff\n", "utf-8"),
        (b'{"request": "half \\ud83d"}\n', "half of a surrogate pair"),
        (b"[" * 5000 + b"\n", "nested too deep"),
        (b'{"request": ' + b"[" * 5000 + b"}\n", "nested too deep"),
        (b"null\n", "expected a mapping"),
        (b'{"request": null}\n', "nothing to judge"),
        (b'{"prompt": "a"}\n', "unknown key 'prompt'"),
        (b'{"request": "a", "request": "b"}\n', "key 'request' is given twice"),
        (b'{"request": "a", "images": 0}\n', "images: expected a list, found int"),
        (b'{"request": "a", "images": ""}\n', "images: expected a list, found str"),
        (b'{"images": ["absent.png"]}\n', "absent.png"),
    ],
)
def test_read_rows_of_jsonl_gives_a_bad_line_as_an_error_and_goes_on(tmp_path, line, error):
    file = write_lines(tmp_path / "in.jsonl", line, {"id": "b", "request": "hi"})
    bad, good = read_rows(file)
    assert error in bad.error
    assert (bad.item, good.number, good.id, good.item.request) == (None, 2, "b", "hi")


def test_read_rows_splits_at_line_feeds_only_and_takes_a_byte_order_mark(tmp_path):
    text = "one\u2028two\u0085three"
    content = "\ufeff" + json.dumps({"request": text}, ensure_ascii=False) + "\r\n"
    (tmp_path / "in.jsonl").write_bytes(content.encode())
    assert [row.item.request for row in read_rows(tmp_path / "in.jsonl")] == [text]


def test_read_rows_from_a_row_on_keeps_the_numbers(tmp_path):
    file = write_lines(tmp_path / "in.jsonl", *({"request": str(i)} for i in range(5)))
    assert [row.number for row in read_rows(file, start=3)] == [4, 5]


def test_read_rows_of_parquet_takes_texts_paths_and_bytes(tmp_path):
    (tmp_path / "a.png").write_bytes(RED)
    table = pl.DataFrame(
        {
            "id": ["x", "y", "z"],
            "request": ["hi", None, None],
            "image": [None, {"bytes": RED, "path": None}, {"bytes": None, "path": "a.png"}],
            "other": [1, 2, 3],
        }
    )
    table.write_parquet(tmp_path / "in.parquet")
    rows = list(read_rows(tmp_path / "in.parquet"))
    assert [row.error for row in rows] == [None] * 3
    assert [len(row.item.images) for row in rows] == [0, 1, 1]


# Not UTF-8: the length of the text, and its two bytes.
NO_TEXT = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")])


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("request", pa.array([2**50], pa.timestamp("s"))),
        ("request", pa.array([2**62], pa.timestamp("us", "UTC"))),
        ("request", pa.array([1], pa.timestamp("ns"))),
        ("request", pa.array([1], pa.timestamp("s", "Nowhere/City"))),
        ("request", pa.array([2**62], pa.duration("s"))),
        ("request", pa.array([1], pa.duration("ns"))),
        ("request", pa.array([1], pa.time64("ns"))),
        ("request", pa.array([2**31 - 1], pa.date32())),
        ("request", pa.array(["1.5"]).cast(pa.decimal128(5, 2))),
        ("request", NO_TEXT),
        ("response", NO_TEXT),
        ("images", pa.ListArray.from_arrays([0, 1], NO_TEXT)),
        ("id", NO_TEXT),
        ("id", pa.array([2**50], pa.timestamp("s"))),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.type),
)
def test_read_rows_of_parquet_gives_a_cell_that_cannot_be_read_as_an_error_and_goes_on(tmp_path, column, cell):
    cells = pa.concat_arrays([cell, pa.nulls(1, cell.type)])
    columns = {"request": ["a", "b"], "response": ["c", "d"]} | {column: cells}
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    bad, good = read_rows(tmp_path / "in.parquet")
    assert (bad.number, bad.item, good.number, good.error) == (1, None, 2, None)
    assert column in bad.error


@pytest.mark.parametrize("path", [None, "", "a.png"])
def test_read_rows_of_parquet_refuses_an_image_without_bytes(tmp_path, path):
    (tmp_path / "a.png").write_bytes(RED)
    rows = {"request": ["hi", "hi"], "image": [{"bytes": b"", "path": path}, {"bytes": RED, "path": path}]}
    pl.DataFrame(rows).write_parquet(tmp_path / "in.parquet")
    bad, good = read_rows(tmp_path / "in.parquet")
    assert (bad.item, "undecodable image" in bad.error, len(good.item.images)) == (None, True, 1)


def test_read_rows_of_parquet_takes_lists_of_bytes(tmp_path):
    pl.DataFrame({"images": [[RED, RED], [b"no image"]]}).write_parquet(tmp_path / "in.parquet")
    good, bad = read_rows(tmp_path / "in.parquet")
    assert len(good.item.images) == 2
    assert "image 1" in bad.error


def test_read_rows_of_a_damaged_or_foreign_parquet_names_the_file(tmp_path):
    (tmp_path / "in.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"in\.parquet"):
        list(read_rows(tmp_path / "in.parquet"))
    pl.DataFrame({"prompt": ["a"]}).write_parquet(tmp_path / "in.parquet")
    with pytest.raises(ValueError, match="no column of request"):
        list(read_rows(tmp_path / "in.parquet"))


def test_read_rows_of_parquet_with_a_column_twice_names_it(tmp_path):
    table = pa.table([["a"], ["b"], ["c"]], names=["request", "other", "request"])
    pq.write_table(table, tmp_path / "in.parquet")
    with pytest.raises(ValueError, match="column request is there twice"):
        next(read_rows(tmp_path / "in.parquet"))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (gzip.compress(b'{"request": "a"}\n'), "a gzip file"),
        (b"PAR1abc", "a parquet file"),
        ('{"request": "a"}\n'.encode("utf-16"), "UTF-16 text"),
        ('{"request": "a"}\n'.encode("utf-16-le"), "UTF-16 text"),
    ],
    ids=["gzip", "parquet", "utf-16", "utf-16-le"],
)
def test_read_rows_of_a_jsonl_file_that_is_no_text_says_what_it_is(tmp_path, content, what):
    (tmp_path / "in.jsonl").write_bytes(content)
    with pytest.raises(ValueError, match=rf"in\.jsonl: found {what}"):
        next(read_rows(tmp_path / "in.jsonl"))


@pytest.mark.parametrize("name", ["in.jsonl", "in.parquet"])
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 1\n", "a git-lfs pointer"),
        (b"<!DOCTYPE html><html></html>", "an HTML page"),
        (b"404: Not Found", "the message '404: Not Found'"),
    ],
)
def test_read_rows_of_what_is_in_place_of_a_file_says_what_it_is(tmp_path, name, content, what):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}: found {what}"):
        next(read_rows(tmp_path / name))


def test_read_rows_of_a_folder_takes_texts_and_images_without_hidden_files(tmp_path):
    (tmp_path / "sub").mkdir()
    for name, content in {"a.txt": b"hi", "sub/b.png": RED, "c.png": b"cut", ".d": b"x"}.items():
        (tmp_path / name).write_bytes(content)
    text, bad, image = read_rows(tmp_path)
    assert (text.item.request, len(image.item.images)) == ("hi", 1)
    assert "undecodable image" in bad.error


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.TXT", "a.png"])
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 1\n", "a git-lfs pointer"),
        (b"\n<!DOCTYPE html><html><body>Sign in</body></html>", "an HTML page"),
        (b"404: Not Found", "the message '404: Not Found' of a server"),
    ],
    ids=["pointer", "page", "message"],
)
def test_read_rows_of_a_folder_gives_what_is_in_place_of_a_file_as_an_error(tmp_path, name, content, what):
    (tmp_path / name).write_bytes(content)
    (row,) = read_rows(tmp_path)
    assert row.item is None
    assert f"found {what}" in row.error


@pytest.mark.parametrize("text", ["hi there", "привет", "привет, мир", "שלום", "你好，世界。", "a" * 2000 + "ж"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_read_rows_of_a_folder_gives_a_text_in_another_encoding_as_an_error(tmp_path, text, encoding):
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    (row,) = read_rows(tmp_path)
    assert (row.item, "UTF-8" in row.error or "UTF-16" in row.error) == (None, True)


@pytest.mark.parametrize(
    "text",
    [
        "why does <html> come before <body>?",
        "my page begins with <!DOCTYPE html>\n<html></html>",
        "read version https://git-lfs.github.com/spec/v1 to me",
        "the server says 404: Not Found",
        "tab\tfeed\x0cbell\aescape\x1b[1m",
        "one\u2028two\x85three",
    ],
)
def test_read_rows_of_a_folder_takes_a_text_about_pages_and_pointers(tmp_path, text):
    (tmp_path / "a.txt").write_text("\ufeff" + text, encoding="utf-8")
    assert [row.item.request for row in read_rows(tmp_path)] == [text]


@pytest.mark.parametrize(("name", "message"), [("absent.jsonl", "no such file"), ("in.csv", "expected a .jsonl")])
def test_list_inputs_refuses_what_is_no_input(tmp_path, name, message):
    (tmp_path / "in.csv").write_text("a")
    with pytest.raises((FileNotFoundError, ValueError), match=message):
        list_inputs(tmp_path / name)
