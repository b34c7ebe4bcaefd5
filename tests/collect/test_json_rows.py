import io
import json
from typing import Any

import pytest

from proguard.collect import json_rows
from proguard.collect.json_rows import MAX_DEPTH, read_json_rows


def read(text: str | bytes) -> list[dict[str, Any] | ValueError]:
    content = text.encode() if isinstance(text, str) else text
    return list(read_json_rows(io.BytesIO(content), content[:100]))


def as_lines(*rows: str) -> str:
    return "".join(row + "\n" for row in rows)


def as_list(*rows: str) -> str:
    return f"[{', '.join(rows)}]"


def nested(depth: int) -> str:
    """Return an object with lists in it, ``depth`` levels in all."""
    return '{"a": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


@pytest.mark.parametrize("write", [as_lines, as_list])
@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ('{"a": 1, "b": 2, "a": 3}', "key 'a' twice"),
        ('{"a": {"b": 1, "b": 1}}', "key 'b' twice"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": [-Infinity]}', "-Infinity is not a number"),
        (nested(3000), f"nested deeper than {MAX_DEPTH} levels"),
        (nested(MAX_DEPTH + 1), f"nested deeper than {MAX_DEPTH} levels"),
        ('{"a": ' + "9" * 5000 + "}", "not JSON: Exceeds the limit"),
        ('{"a": "one\ttwo"}', "not JSON: Invalid control character at"),
        ('{"a": nothing}', "not JSON: Expecting value at character 7"),
        ('{"a" 1}', "not JSON: Expecting ':' delimiter at character 6"),
        ("7", "a row is an object, found int"),
        ('"a"', "a row is an object, found str"),
        ("[{}]", "a row is an object, found list"),
    ],
)
def test_read_json_rows_bad_row_is_an_error_in_its_place(write, row: str, fault: str):
    first, broken, last = read(write('{"a": 1}', row, '{"a": "]}, {"}'))
    assert (first, last) == ({"a": 1}, {"a": "]}, {"})
    assert isinstance(broken, ValueError)
    assert str(broken).startswith(fault) or fault in str(broken)


@pytest.mark.parametrize("write", [as_lines, as_list])
def test_read_json_rows_nested_as_deep_as_is_allowed_is_read(write):
    assert read(write(nested(MAX_DEPTH))) == [json.loads(nested(MAX_DEPTH))]


@pytest.mark.parametrize("write", [as_lines, as_list])
def test_read_json_rows_half_a_surrogate_pair_is_left_to_the_adapter(write):
    assert read(write('{"a": "\\ud83d"}')) == [{"a": "\ud83d"}]


@pytest.mark.parametrize("row", [b'{"a": "\xff"}', b"\xff\xfe", b'{"\xed\xa0\xbd": 1}'])
def test_read_json_rows_line_that_is_not_utf_8_is_an_error_in_its_place(row: bytes):
    broken, last = read(row + b'\n{"a": 1}')
    assert isinstance(broken, UnicodeDecodeError)
    assert last == {"a": 1}


def test_read_json_rows_list_with_other_bytes_keeps_its_rows():
    broken, last = read(b'[{"a": "\xff"}, {"a": 1}]')
    with pytest.raises(UnicodeEncodeError):
        broken["a"].encode()
    assert last == {"a": 1}


def test_read_json_rows_lines_that_end_in_carriage_returns_say_so():
    (broken,) = read('{"a": 1}\r{"a": 2}\r')
    assert "Extra data" in str(broken) and "lines end at line feeds, not at carriage returns" in str(broken)


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
def test_read_json_rows_list_is_the_same_whatever_comes_at_a_time(chunk: int, monkeypatch: pytest.MonkeyPatch):
    text = '\ufeff [ {"a": "caf\u00e9, \\" ] }"} ,{"b": [1, {"c": 12345}]}\n,\n{"b": tru},123456 , {}]\r\n'
    whole = [str(row) for row in read(text)]
    monkeypatch.setattr(json_rows, "CHUNK_BYTES", chunk)
    assert [str(row) for row in read(text)] == whole
    assert len(whole) == 5


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[{"a": 1}', "expected a comma or the end of the list after row 1, found the end of the file"),
        ('[{"a": 1},', "the file ends inside row 2"),
        ('[{"a": 1}, {"a": "x', "the file ends inside row 2"),
        ('[{"a": 1} {"a": 2}]', "expected a comma or the end of the list after row 1, found '{'"),
        ('[{"a": 1}]\n{"a": 2}', "found '{' after the end of the list, which has 1 rows"),
        ("[", "the file ends inside row 1"),
    ],
)
def test_read_json_rows_broken_list_says_where(text: str, fault: str):
    with pytest.raises(ValueError) as error:
        read(text)
    assert fault in str(error.value)
