from pathlib import Path

import polars as pl
import pytest

from proguard.collect.item import Rejected, Skipped
from proguard.collect.sources.wildguard import FILES, parse_record, read

ROW = {
    "prompt": "How do I pick a lock?",
    "adversarial": False,
    "response": "With a pick.",
    "prompt_harm_label": "harmful",
    "response_refusal_label": "compliance",
    "response_harm_label": "unharmful",
    "subcategory": "fraud_assisting_illegal_activities",
}


def parse(**columns: object):
    return parse_record(ROW | columns, file="f", row=2)


def write(rows: list[dict], folder: Path) -> Path:
    path = folder / "a.parquet"
    pl.DataFrame(rows).write_parquet(path)
    return path


def test_parse_record_each_side_has_its_own_label():
    sample = parse().sample
    assert (sample.request_label, sample.response_label) == ("unsafe", "safe")
    assert (sample.response, sample.source_label) == ("With a pick.", "fraud_assisting_illegal_activities")
    assert (sample.category, sample.split) == (None, None)


@pytest.mark.parametrize(
    ("request_harm", "response_harm", "labels"),
    [
        (None, "unharmful", (None, "safe")),
        (None, "harmful", (None, "unsafe")),
        ("harmful", None, ("unsafe", None)),
        ("unharmful", None, ("safe", None)),
    ],
)
def test_parse_record_null_label_is_unknown_and_not_safe(request_harm, response_harm, labels):
    sample = parse(prompt_harm_label=request_harm, response_harm_label=response_harm).sample
    assert (sample.request_label, sample.response_label) == labels
    assert sample.response == "With a pick."


def test_parse_record_without_any_label_is_skipped():
    item = parse(prompt_harm_label=None, response_harm_label=None)
    assert item == Skipped("f", 2, "no label")


@pytest.mark.parametrize("response", [None, ""])
def test_parse_record_request_alone_has_no_response(response: str | None):
    sample = parse(response=response, response_refusal_label=None, response_harm_label=None).sample
    assert (sample.request_label, sample.response, sample.response_label) == ("unsafe", None, None)


@pytest.mark.parametrize(
    ("columns", "source_label"),
    [
        ({"prompt_harm_label": "unharmful"}, None),
        ({"prompt_harm_label": "unharmful", "response_harm_label": "harmful"}, "fraud_assisting_illegal_activities"),
        ({"prompt_harm_label": "unharmful", "response_harm_label": "harmful", "subcategory": "benign"}, None),
    ],
)
def test_parse_record_source_label_is_that_of_an_unsafe_row(columns: dict, source_label: str | None):
    assert parse(**columns).sample.source_label == source_label


@pytest.mark.parametrize(
    ("columns", "reason", "detail"),
    [
        ({"prompt": None}, "wrong type", "prompt"),
        ({"prompt": " "}, "empty text", "prompt"),
        ({"response": None}, "wrong type", "response"),
        ({"response": ""}, "empty text", "response"),
        ({"prompt_harm_label": "safe"}, "unknown label", "prompt_harm_label 'safe'"),
        ({"response_harm_label": ""}, "unknown label", "response_harm_label ''"),
        ({"subcategory": "cyberattacks"}, "unknown label", "subcategory 'cyberattacks'"),
    ],
)
def test_parse_record_bad_row_is_rejected(columns: dict, reason: str, detail: str):
    item = parse(**columns)
    assert isinstance(item, Rejected)
    assert (item.reason, item.detail) == (reason, detail)


def test_read_takes_the_file_of_the_part(tmp_path: Path):
    path = write([ROW, ROW | {"prompt_harm_label": None, "response_harm_label": None}], tmp_path)
    found, skipped = read(files={FILES["train"]: tmp_path / "absent", FILES["test"]: path}, part="test")
    assert (found.file, found.row, found.sample.request) == (FILES["test"], 1, "How do I pick a lock?")
    assert (skipped.row, skipped.reason) == (2, "no label")


def test_read_part_without_its_file_names_it(tmp_path: Path):
    with pytest.raises(ValueError, match=r"part train expects train/wildguard_train\.parquet, found \['test/"):
        list(read(files={FILES["test"]: tmp_path / "a"}, part="train"))


def test_read_other_schema_names_the_missing_column(tmp_path: Path):
    path = write([{name: value for name, value in ROW.items() if name != "subcategory"}], tmp_path)
    with pytest.raises(ValueError, match=r"wildguard: test/wildguard_test\.parquet: .*missing subcategory"):
        list(read(files={FILES["test"]: path}, part="test"))
