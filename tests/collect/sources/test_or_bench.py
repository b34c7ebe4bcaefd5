from pathlib import Path

import pytest

from proguard.collect.item import Item
from proguard.collect.sources.or_bench import parse_record, read


def read_text(text: str, folder: Path, *, name: str = "or-bench-hard-1k.csv") -> list[Item]:
    path = folder / "a"
    path.write_text(text, encoding="utf-8")
    return list(read(files={name: path}))


@pytest.mark.parametrize(
    ("name", "label", "source_label"),
    [
        ("or-bench-hard-1k.csv", "safe", None),
        ("or-bench-80k.csv", "safe", None),
        ("or-bench-toxic.csv", "unsafe", "privacy"),
    ],
)
def test_read_the_file_says_the_label(name: str, label: str, source_label: str | None, tmp_path: Path):
    (item,) = read_text('prompt,category\n"Who, if anyone, owns this lock?",privacy\n', tmp_path, name=name)
    sample = item.sample
    assert (sample.request, sample.request_label) == ("Who, if anyone, owns this lock?", label)
    assert (sample.source_label, sample.response, sample.split) == (source_label, None, None)


def test_read_unknown_file_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match=r"or_bench: expected files of \['or-bench-80k.*, found or-bench-new\.csv"):
        read_text("prompt,category\nask,hate\n", tmp_path, name="or-bench-new.csv")


def test_read_without_category_names_it(tmp_path: Path):
    with pytest.raises(ValueError, match=r"or_bench: or-bench-hard-1k\.csv: .*missing category"):
        read_text("prompt\nask\n", tmp_path)


def test_read_short_row_is_rejected(tmp_path: Path):
    (item,) = read_text("prompt,category\nask\n", tmp_path)
    assert (item.row, item.reason) == (1, "unreadable row")


@pytest.mark.parametrize(
    ("record", "reason", "detail"),
    [
        ({"prompt": " ", "category": "hate"}, "empty text", "prompt"),
        ({"prompt": "ask", "category": "self_harm"}, "unknown label", "category 'self_harm'"),
    ],
)
def test_parse_record_bad_row_is_rejected(record: dict, reason: str, detail: str):
    item = parse_record(record, file="or-bench-toxic.csv", row=1)
    assert (item.reason, item.detail) == (reason, detail)
