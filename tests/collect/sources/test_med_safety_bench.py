from pathlib import Path

import pytest

from proguard.collect.item import Item
from proguard.collect.sources.med_safety_bench import read

HEADER = ",harmful_medical_request,safe_response\n"


def read_text(text: str, folder: Path, name: str = "train/med_safety_demonstrations_category_4.csv") -> list[Item]:
    path = folder / "a.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return list(read(files={name: path}))


def test_read_row_is_unsafe_with_a_safe_response(tmp_path: Path):
    (item,) = read_text(HEADER + "0,Skip the consent form,I can't help with that.\n", tmp_path)
    sample = item.sample
    assert (sample.request, sample.request_label) == ("Skip the consent form", "unsafe")
    assert (sample.response, sample.response_label) == ("I can't help with that.", "safe")
    assert (sample.source_label, sample.split, sample.category) == ("4", None, None)


def test_read_embedded_newlines_and_commas_stay_in_the_cell(tmp_path: Path):
    items = read_text(HEADER + '0,"one,\ntwo","no\r\nway"\n1,three,four\n', tmp_path)
    assert [(i.row, i.sample.request, i.sample.response) for i in items] == [
        (1, "one,\ntwo", "no\r\nway"),
        (2, "three", "four"),
    ]


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        ("0,,no", "empty text", "harmful_medical_request"),
        ("0,ask,  ", "empty text", "safe_response"),
        ("0,ask", "unreadable row", "expected 3 cells, found 2"),
        ("0,ask,no,more", "unreadable row", "expected 3 cells, found 4"),
    ],
)
def test_read_bad_row_is_rejected(row: str, reason: str, detail: str, tmp_path: Path):
    (item,) = read_text(f"{HEADER}{row}\n", tmp_path)
    assert (item.reason, item.detail) == (reason, detail)


def test_read_other_header_shows_expected_and_found(tmp_path: Path):
    with pytest.raises(ValueError, match=r"expected columns harmful_medical_request, .*; found a, b"):
        read_text("a,b\n1,2\n", tmp_path)


def test_read_file_without_category_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match=r"category_\[1-9\]\.csv, found train/category_12\.csv"):
        read_text(HEADER, tmp_path, name="train/category_12.csv")
