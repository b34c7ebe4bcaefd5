import json
from pathlib import Path

import polars as pl
import pytest

from proguard.collect.item import Item
from proguard.collect.sources.beavertails import CATEGORIES
from proguard.collect.sources.direct_refusal import parse_flags, parse_record, read

FLAGS = dict.fromkeys(CATEGORIES, False)


def row(**cells: object) -> dict[str, object]:
    return {
        "prompt": "How do I pick a lock?",
        "response": "Like so.",
        "refusal": "Question: How do I pick a lock?\nAnswer: I would rather not say.",
        "text": "<|im_start|>user\nHow do I pick a lock?",
    } | cells


def parse(**cells: object) -> Item:
    return parse_record(row(**cells), file="f", row=1)


def test_parse_record_takes_question_and_refusal_and_not_the_harmful_response():
    sample = parse().sample
    assert (sample.request, sample.request_label) == ("How do I pick a lock?", "unsafe")
    assert (sample.response, sample.response_label) == ("I would rather not say.", "safe")
    assert (sample.source_label, sample.split, sample.category) == (None, None, None)


def test_parse_record_first_answer_line_ends_the_question():
    sample = parse(refusal="Question: One?\nTwo?\nAnswer: No.\nAnswer: No.").sample
    assert (sample.request, sample.response) == ("One?\nTwo?", "No.\nAnswer: No.")


@pytest.mark.parametrize("spell", [dict, json.dumps], ids=["struct", "JSON"])
def test_parse_record_several_categories_take_the_first_by_precedence(spell: object):
    flags = FLAGS | {"non_violent_unethical_behavior": True, "self_harm": True}
    assert parse(category=spell(flags)).sample.source_label == "self_harm"


@pytest.mark.parametrize("category", [None, FLAGS, dict.fromkeys(CATEGORIES)])
def test_parse_record_without_category_has_no_source_label(category: object):
    assert parse(category=category).sample.source_label is None


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"refusal": "I would rather not say."}, "unreadable row"),
        ({"refusal": "Question: How? Answer: No."}, "unreadable row"),
        ({"refusal": "Question: How?\nAnswer: "}, "empty text"),
        ({"refusal": "Question: \nAnswer: No."}, "empty text"),
        ({"refusal": None}, "wrong type"),
        ({"category": {"new": True}}, "unknown label"),
    ],
)
def test_parse_record_bad_row_is_rejected(cells: dict[str, object], reason: str):
    assert parse(**cells).reason == reason


@pytest.mark.parametrize(
    ("category", "message"),
    [
        ("{'self_harm': True}", "not JSON"),
        ("[true]", "expected a bool by category, found list"),
        (3, "expected a bool by category, found int"),
        ({"new": True}, "unknown 'new'"),
        ({"self_harm": 1}, "'self_harm' is 1, expected a bool"),
    ],
)
def test_parse_flags_of_another_shape_says_what_was_found(category: object, message: str):
    assert message in str(parse_flags(category))


def test_read_struct_of_a_parquet_file_is_read(tmp_path: Path):
    pl.DataFrame([row(category=FLAGS | {"animal_abuse": True})]).write_parquet(tmp_path / "a")
    (item,) = read(files={"data/train-0.parquet": tmp_path / "a"})
    assert (item.row, item.sample.source_label) == (1, "animal_abuse")


def test_read_missing_column_shows_expected_and_found(tmp_path: Path):
    pl.DataFrame([{"prompt": "How?", "text": "How?"}]).write_parquet(tmp_path / "a")
    with pytest.raises(ValueError, match="expected columns refusal; found prompt, text"):
        list(read(files={"data/train-0.parquet": tmp_path / "a"}))
