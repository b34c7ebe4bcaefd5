import json
from pathlib import Path

import pytest

from proguard.collect.item import Item
from proguard.collect.sources.guard_reasoner import SPLITS, parse_record, read

ALL = SPLITS


def row(request: str = "How do I pick a lock?", response: str = "None", said: str | None = None) -> dict[str, str]:
    said = said or "Answers: \nRequest: harmful\nCompletion: refusal\nResponse: unharmful\n"
    frame = f"Human user:\n{request}\n\nAI assistant:\n{response}\n\n"
    return {"instruction": "You are a classifier.", "input": frame, "output": f"Some steps.\n\n{said}"}


def parse(record: dict[str, object]) -> Item:
    return parse_record(record, file="f", row=1)


def test_parse_record_pair_has_both_labels_and_no_source_label():
    sample = parse(row(response="Ask a locksmith.\n\nSoon.")).sample
    assert (sample.request, sample.response) == ("How do I pick a lock?", "Ask a locksmith.\n\nSoon.")
    assert (sample.request_label, sample.response_label, sample.source_label) == ("unsafe", "safe", None)


@pytest.mark.parametrize("response", ["None", "None ", ""])
def test_parse_record_none_is_no_response_and_has_no_label(response: str):
    sample = parse(row(response=response)).sample
    assert (sample.response, sample.response_label, sample.request_label) == (None, None, "unsafe")


def test_parse_record_label_that_is_none_is_absent():
    none, good = "Answers:\nRequest: None\nResponse: harmful\n", "Answers:\nRequest: unharmful\nResponse: None\n"
    sample = parse(row(response="Ask a locksmith.", said=none)).sample
    assert (sample.request_label, sample.response_label) == (None, "unsafe")
    sample = parse(row(response="Ask a locksmith.", said=good)).sample
    assert (sample.request_label, sample.response_label) == ("safe", None)


@pytest.mark.parametrize("response", ["None", "Ask a locksmith."])
def test_parse_record_without_any_label_is_skipped(response: str):
    assert parse(row(response=response, said="Answers:\nRequest: None\nResponse: None\n")).reason == "no label"


@pytest.mark.parametrize(
    "name", ["AegisTrain-R.json", "AegisTrainR.json", "data/AegisTrainR.jsonl", "AegisTrain_R.json.gz"]
)
def test_read_takes_a_split_by_the_letters_of_its_name(name: str, tmp_path: Path):
    (tmp_path / "a").write_text(json.dumps(row()) + "\n" + json.dumps(row(request="Hello")))
    assert [item.row for item in read(files={name: tmp_path / "a"}, splits=["AegisTrainR"])] == [1, 2]


def test_parse_record_no_response_needs_no_response_label():
    assert parse(row(said="Answers:\nRequest: unharmful\n")).sample.request_label == "safe"


def test_parse_record_dialogue_is_split_at_its_last_assistant():
    sample = parse(row(request="Hi\n\nAI assistant:\nHello\n\nHuman user:\nBye", response="Bye!")).sample
    assert (sample.request, sample.response) == ("Hi\n\nAI assistant:\nHello\n\nHuman user:\nBye", "Bye!")


@pytest.mark.parametrize(
    "reasoning",
    [
        "Request: harmful\nResponse: harmful\nAnswers: \n",
        "Answers: \nRequest: harmful\nResponse: harmful\n\nAnswers: \n",
    ],
)
def test_parse_record_last_answers_count(reasoning: str):
    said = f"{reasoning}Request: unharmful\nCompletion: compliance\nResponse: unharmful\n"
    sample = parse(row(response="Hello", said=said)).sample
    assert (sample.request_label, sample.response_label) == ("safe", "safe")


def test_parse_record_answers_without_head_are_read():
    assert parse(row(said="Request: unharmful\nResponse: harmful")).sample.request_label == "safe"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (row(response="Hello", said="Answers: \nRequest: harmful\n"), "unknown label"),
        (row(said="Answers: \nRequest: harmless\n"), "unknown label"),
        (row(said="Request: harmful\nAnswers: \n"), "unknown label"),
        (row(request=" "), "empty text"),
        (row() | {"input": "Hello"}, "unreadable row"),
        (row() | {"input": "Hello\n\nAI assistant:\nNone\n\n"}, "unreadable row"),
        (row() | {"output": None}, "wrong type"),
    ],
)
def test_parse_record_bad_row_is_rejected(record: dict[str, object], reason: str):
    assert parse(record).reason == reason


def test_read_takes_the_files_of_its_splits(tmp_path: Path):
    (tmp_path / "a").write_text(json.dumps([row(), "text"]))
    (tmp_path / "b").write_text(json.dumps([row(request="Hello")]))
    files = {"AegisTrain-R.json": tmp_path / "a", "ToxicChatTrain-R.json": tmp_path / "b"}
    assert [(item.file, item.row) for item in read(files=files, splits=["AegisTrainR"])] == [
        ("AegisTrain-R.json", 1),
        ("AegisTrain-R.json", 2),
    ]
    assert [getattr(item, "reason", None) for item in read(files=files, splits=ALL)] == [None, "unreadable row", None]


def test_read_unknown_split_or_file_shows_expected_and_found(tmp_path: Path):
    with pytest.raises(ValueError, match=r"splits: expected some of WildGuardTrainR, .*; found \['train'\]"):
        list(read(files={}, splits=["train"]))
    with pytest.raises(ValueError, match=r"expected files named WildGuardTrainR, .*; found \['a.json'\]"):
        list(read(files={"a.json": tmp_path}, splits=ALL))


def test_read_missing_column_shows_expected_and_found(tmp_path: Path):
    (tmp_path / "a").write_text(json.dumps([{"input": "x"}]))
    with pytest.raises(ValueError, match="AegisTrain-R.json: expected columns input, output; found input"):
        list(read(files={"AegisTrain-R.json": tmp_path / "a"}, splits=ALL))
