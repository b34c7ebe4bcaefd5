import gzip
import re
from pathlib import Path

import pytest

from proguard.collect.item import Found, Item, Rejected
from proguard.collect.sources.openai_moderation import parse_record, read


def parse(record: object) -> Item:
    return parse_record(record, file="f", row=1)


def test_parse_record_missing_flags_are_unknown_and_not_unsafe():
    sample = parse({"prompt": "a walk", "S": 0, "S3": 0}).sample
    assert (sample.request_label, sample.source_label) == ("safe", None)
    assert (sample.modality, sample.response, sample.response_label, sample.split) == (
        "text",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("raised", "label"),
    [
        (["S", "S3"], "S3"),
        (["H", "V", "H2"], "H2"),
        (["H", "HR"], "H"),
        (["V", "V2"], "V2"),
        (["S", "HR"], "S"),
        (["SH", "H2"], "SH"),
        (["V", "S"], "V"),
    ],
)
def test_parse_record_several_flags_take_the_first_by_precedence(raised: list[str], label: str):
    sample = parse({"prompt": "a walk", "HR": 0} | dict.fromkeys(raised, 1)).sample
    assert (sample.request_label, sample.source_label) == ("unsafe", label)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"prompt": "a walk"}, "unknown label"),
        ({"prompt": "a walk", "S": 2}, "unknown label"),
        ({"prompt": "a walk", "S": True}, "unknown label"),
        ({"prompt": "a walk", "S": "1"}, "unknown label"),
        ({"prompt": "a walk", "S": None}, "unknown label"),
        ({"prompt": " \n", "S": 0}, "empty text"),
        ({"prompt": 7, "S": 0}, "wrong type"),
        ({"S": 0}, "wrong type"),
        ({"prompt": "\ud800", "S": 0}, "not valid Unicode"),
        ({"prompt": "a walk", "S": 0, "X": 0}, "unknown label"),
    ],
)
def test_parse_record_bad_row_is_rejected(record: object, reason: str):
    item = parse(record)
    assert isinstance(item, Rejected)
    assert item.reason == reason


def test_parse_record_new_key_shows_expected_and_found():
    assert re.search(r"expected keys prompt, S3, .* found \['X'\]", parse({"prompt": "a walk", "X": 0}).detail)


def test_read_gives_each_line_its_place(tmp_path: Path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b'{"prompt": "one\\ntwo", "S": 0}\nnonsense\n'))
    found, rejected = read(files={"data/a.jsonl.gz": path})
    assert isinstance(found, Found)
    assert (found.file, found.row, found.sample.request) == ("data/a.jsonl.gz", 1, "one\ntwo")
    assert (rejected.file, rejected.row) == ("data/a.jsonl.gz", 2)
