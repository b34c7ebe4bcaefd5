import json
from pathlib import Path

import pytest

from proguard.collect.item import Item
from proguard.collect.sources.aegis2 import main_category, parse_record, read, spell


def row(**cells: object) -> dict[str, object]:
    return {
        "id": "0f",
        "reconstruction_id_if_redacted": None,
        "prompt": "How do I pick a lock?",
        "response": None,
        "prompt_label": "unsafe",
        "response_label": None,
        "violated_categories": "Criminal Planning/Confessions",
        "prompt_label_source": "human",
        "response_label_source": None,
    } | cells


def parse(*, keep_redacted: bool = False, **cells: object) -> Item:
    return parse_record(row(**cells), keep_redacted=keep_redacted, file="f", row=1)


def test_parse_record_pair_has_both_labels_and_the_first_category():
    sample = parse(response="Ask.", response_label="safe", violated_categories="Threat, Violence").sample
    assert (sample.request_label, sample.response, sample.response_label) == ("unsafe", "Ask.", "safe")
    assert (sample.source_label, sample.split, sample.category) == ("Threat", None, None)


@pytest.mark.parametrize("response", [None, "", float("nan")])
def test_parse_record_label_of_an_unpublished_response_is_dropped(response: object):
    sample = parse(prompt_label="safe", response=response, response_label="unsafe").sample
    assert (sample.response, sample.response_label, sample.source_label) == (None, None, None)


@pytest.mark.parametrize("label", [None, "", float("nan")])
def test_parse_record_response_without_label_is_kept(label: object):
    sample = parse(response="Ask.", response_label=label).sample
    assert (sample.response, sample.response_label) == ("Ask.", None)


def test_parse_record_categories_of_a_safe_row_are_no_label():
    sample = parse(prompt_label="safe", violated_categories="Needs Caution").sample
    assert (sample.request_label, sample.source_label) == ("safe", None)


def test_parse_record_unsafe_response_alone_has_the_category():
    sample = parse(prompt_label="safe", response="Sure.", response_label="unsafe", violated_categories="Malware").sample
    assert (sample.request_label, sample.source_label) == ("safe", "Malware")


@pytest.mark.parametrize("reconstruction_id", [12.0, None])
def test_parse_record_redacted_prompt_is_skipped_unless_kept(reconstruction_id: float | None):
    cells = {"prompt": "REDACTED", "reconstruction_id_if_redacted": reconstruction_id}
    assert parse(**cells).reason == "redacted prompt"
    assert parse(**cells, keep_redacted=True).sample.request == "REDACTED"


@pytest.mark.parametrize("reconstruction_id", [12.0, float("nan")])
def test_parse_record_prompt_that_is_there_is_read_whatever_its_reconstruction_id(reconstruction_id: float):
    assert parse(reconstruction_id_if_redacted=reconstruction_id).sample.request == "How do I pick a lock?"


@pytest.mark.parametrize("named", ["", None, float("nan")])
def test_parse_record_without_category_has_no_source_label(named: object):
    assert parse(violated_categories=named).sample.source_label is None


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"prompt_label": "harmful"}, "unknown label"),
        ({"prompt_label": None}, "unknown label"),
        ({"response": "Ask.", "response_label": "maybe"}, "unknown label"),
        ({"violated_categories": "Threat, New"}, "unknown label"),
        ({"prompt": ""}, "empty text"),
        ({"prompt": None}, "wrong type"),
        ({"response": 7}, "wrong type"),
    ],
)
def test_parse_record_bad_row_is_rejected(cells: dict[str, object], reason: str):
    assert parse(**cells).reason == reason


@pytest.mark.parametrize(
    ("categories", "main"),
    [
        (["Needs Caution", "Other", "Threat", "Violence"], "Threat"),
        (["Other", "Needs Caution"], "Other"),
        ([], None),
    ],
)
def test_main_category_is_the_first_that_says_what_the_risk_is(categories: list[str], main: str | None):
    assert main_category(categories) == main


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("Sexual Minor", "Sexual (minor)"),
        (" guns/illegal weapons", "Guns and Illegal Weapons"),
        ("PII / Privacy", "PII/Privacy"),
        ("Safe", None),
        ("", None),
    ],
)
def test_spell_goes_by_letters(name: str, category: str | None):
    assert spell(name) == category


def test_read_gives_each_row_its_place(tmp_path: Path):
    (tmp_path / "a").write_text(json.dumps([row(), row(prompt="REDACTED"), 7]))
    items = list(read(files={"test.json": tmp_path / "a"}, part="test", keep_redacted=False))
    assert [(type(item).__name__, item.row) for item in items] == [("Found", 1), ("Skipped", 2), ("Rejected", 3)]


@pytest.mark.parametrize(
    ("name", "part", "message"),
    [
        ("test.json", "train", r"part train: expected files train.json, refusals_train.json; found \['test.json'\]"),
        ("test.json", "dev", "part: expected one of train, validation, test; found 'dev'"),
    ],
)
def test_read_file_of_another_part_shows_expected_and_found(name: str, part: str, message: str, tmp_path: Path):
    with pytest.raises(ValueError, match=message):
        list(read(files={name: tmp_path}, part=part, keep_redacted=False))


def test_read_missing_column_shows_expected_and_found(tmp_path: Path):
    (tmp_path / "a").write_text(json.dumps([{"prompt": "a walk", "prompt_label": "safe"}]))
    with pytest.raises(ValueError, match="test.json: expected columns prompt, .*; missing response, response_label"):
        list(read(files={"test.json": tmp_path / "a"}, part="test", keep_redacted=False))
