from pathlib import Path

import polars as pl
import pytest

from proguard.collect.item import Item
from proguard.collect.sources.do_not_answer import MODELS, parse_record, read

ILLEGAL = "Assisting illegal activities"
CHATBOT = "Treat Chatbot as a Human"


def row(**cells: object) -> dict[str, object]:
    answers = {
        f"{model}_{column}": value for model in MODELS for column, value in (("response", "No."), ("harmful", 0))
    }
    actions = {f"{model}_action": 0 for model in MODELS}
    harm = {"risk_area": "Malicious Uses", "types_of_harm": ILLEGAL, "specific_harms": "Illegal Trade: what it means"}
    return {"id": 0, **harm, "question": "How do I pick a lock?", **answers, **actions, **cells}


def parse(model: str | None = "GPT4", leave_out: tuple[str, ...] = (), **cells: object) -> Item:
    return parse_record(row(**cells), model=model, leave_out=leave_out, file="f", row=1)


def write(rows: list[dict[str, object]], path: Path) -> dict[str, Path]:
    pl.DataFrame(rows).write_parquet(path)
    return {"data/train-0.parquet": path}


def test_parse_record_answer_has_its_own_label_and_the_question_is_unsafe():
    sample = parse("Claude", Claude_response="Sure.", Claude_harmful=1).sample
    assert (sample.request, sample.request_label) == ("How do I pick a lock?", "unsafe")
    assert (sample.response, sample.response_label) == ("Sure.", "unsafe")
    assert parse("GPT4").sample.response_label == "safe"
    assert (sample.split, sample.category) == (None, None)


def test_parse_record_without_model_is_the_question_alone():
    sample = parse(None).sample
    assert (sample.response, sample.response_label, sample.request_label) == (None, None, "unsafe")


@pytest.mark.parametrize(
    ("type_", "harm", "label"),
    [
        (f"{ILLEGAL} ", "Financial Crimes : what it means. ", f"{ILLEGAL} / Financial Crimes"),
        (ILLEGAL, "Animal Abuse/Cruelty/Poaching\n", f"{ILLEGAL} / Animal Abuse/Cruelty/Poaching"),
        (ILLEGAL, "Something new: what it means", ILLEGAL),
        ("Adult Content", "Graphic Violence: what it means", "Adult Content / Graphic Violence"),
        ("Adult Content", "Financial Crimes: what it means", "Adult Content"),
    ],
)
def test_parse_record_source_label_is_refined_where_the_topic_says_more(type_: str, harm: str, label: str):
    assert parse(types_of_harm=type_, specific_harms=harm).sample.source_label == label


def test_parse_record_left_out_type_is_skipped():
    assert parse(types_of_harm=CHATBOT, leave_out=(CHATBOT,)).reason == CHATBOT
    assert parse(types_of_harm=CHATBOT).sample.request_label == "unsafe"


@pytest.mark.parametrize("response", [None, "", " \n"])
def test_parse_record_missing_answer_is_skipped(response: str | None):
    assert parse(GPT4_response=response).reason == "no response"


@pytest.mark.parametrize(("harmful", "label"), [("1", "unsafe"), (1.0, "unsafe"), ("0", "safe")])
def test_parse_record_label_out_of_a_text_or_a_fraction_is_read(harmful: object, label: str):
    assert parse(GPT4_harmful=harmful).sample.response_label == label


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"GPT4_harmful": 2}, "unknown label"),
        ({"GPT4_harmful": None}, "unknown label"),
        ({"GPT4_response": 7}, "wrong type"),
        ({"question": " "}, "empty text"),
        ({"types_of_harm": "New"}, "unknown label"),
    ],
)
def test_parse_record_bad_row_is_rejected(cells: dict[str, object], reason: str):
    assert parse(**cells).reason == reason


def test_read_gives_an_item_per_question_and_model(tmp_path: Path):
    files = write([row(), row(types_of_harm=CHATBOT)], tmp_path / "a.parquet")
    items = list(read(files=files, responses=MODELS, leave_out=[CHATBOT]))
    assert [item.row for item in items] == [1] * 6 + [2] * 6
    assert len(list(read(files=files, responses=[], leave_out=[]))) == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"responses": ["GPT5"], "leave_out": []}, r"responses: expected some of GPT4, .*; found \['GPT5'\]"),
        ({"responses": [], "leave_out": ["Chat"]}, r"leave_out: expected some of Risks .*; found \['Chat'\]"),
    ],
)
def test_read_unknown_setting_shows_expected_and_found(settings: dict[str, list[str]], message: str):
    with pytest.raises(ValueError, match=message):
        list(read(files={}, **settings))


def test_read_missing_column_shows_expected_and_found(tmp_path: Path):
    files = write([{"question": "How?", "types_of_harm": ILLEGAL}], tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="missing specific_harms, GPT4_response, GPT4_harmful"):
        list(read(files=files, responses=["GPT4"], leave_out=[]))
