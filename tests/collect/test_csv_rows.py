import io

import pytest

from proguard.collect.csv_rows import read_csv_rows

HEADER = "prompt,category\n"
ROWS = [f"how do i keep bees {i},privacy\n" for i in range(40)]


def read(text: str | bytes) -> list[dict[str, str] | ValueError]:
    return list(read_csv_rows(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def with_row(row: str, *, later: str = "") -> str:
    return HEADER + "".join([*ROWS[:10], row, *ROWS[11:30], later, *ROWS[31:]])


@pytest.mark.parametrize(
    "row", ['how do i keep bees,"privacy\n', '"how do i keep bees,privacy\n', 'bees,"\n', '"bees ""and"", more,x\n']
)
@pytest.mark.parametrize(
    "later", ["", 'bees,"privacy"\n', '"keep, bees",privacy\n', 'bees,""\n', 'bees,"privacy\n', '"bees ""and"" x",y\n']
)
def test_read_csv_rows_quote_that_is_never_closed_is_an_error_with_its_row(row: str, later: str):
    with pytest.raises(ValueError, match=r"row 11: "):
        read(with_row(row, later=later))


def test_read_csv_rows_open_quote_of_the_header_is_named():
    with pytest.raises(ValueError, match=r"the header: a quote that opens there is never closed"):
        read('prompt,"category\n' + "".join(ROWS))


def test_read_csv_rows_open_quote_of_the_last_row_is_named():
    with pytest.raises(ValueError, match=r"row 2: a quote that opens there is never closed"):
        read('a,b\n1,2\n3,"4')


def test_read_csv_rows_quote_inside_a_plain_cell_is_text():
    assert read('a,b\n5" pipe,6\n') == [{"a": '5" pipe', "b": "6"}]


@pytest.mark.parametrize("header", ["prompt,category,prompt", "a,,b,", '"a","a"', "\ufeffa,a"])
def test_read_csv_rows_column_given_twice_is_named(header: str):
    twice = {"a,,b,": "''", "prompt,category,prompt": "'prompt'"}.get(header, "'a'")
    with pytest.raises(ValueError, match=rf"column {twice} twice in the header"):
        read(header + "\n1,2,3\n")


def test_read_csv_rows_other_number_of_cells_is_an_error_in_its_place():
    first, short, long, last = read("a,b\n1,2\n3\n4,5,6\n7,8\n")
    assert (first, last) == ({"a": "1", "b": "2"}, {"a": "7", "b": "8"})
    assert (str(short), str(long)) == ("expected 2 cells, found 1", "expected 2 cells, found 3")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
@pytest.mark.parametrize("last", [True, False])
def test_read_csv_rows_lines_may_end_in_any_way(end: str, last: bool):
    text = end.join(["a,b", "1,2", '"3\n4",5']) + end * last
    assert read(text) == [{"a": "1", "b": "2"}, {"a": "3\n4", "b": "5"}]


def test_read_csv_rows_empty_lines_are_no_rows():
    assert read("\na,b\n\n1,2\n\n\n") == [{"a": "1", "b": "2"}]


def test_read_csv_rows_nul_byte_is_an_error_in_its_place():
    (fault,) = read("a,b\n1,\0\n")
    assert str(fault) == "NUL byte in a cell"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_read_csv_rows_of_two_bytes_a_character_say_so(encoding: str):
    with pytest.raises(ValueError, match="expected UTF-8, found UTF-16"):
        read("a,b\n1,2\n".encode(encoding))


def test_read_csv_rows_other_encoding_is_named_with_its_row():
    with pytest.raises(ValueError, match=r"row 2: expected UTF-8, found byte 0xe9; convert"):
        read("a\ntea\ncaf\u00e9\n".encode("cp1252"))
