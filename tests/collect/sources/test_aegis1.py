from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from proguard.collect.item import Item
from proguard.collect.sources.aegis1 import COLUMNS, count_votes, main_risk, most_common, parse_record, read


def row(*labels: str | None, **cells: object) -> dict[str, object]:
    padded = [*labels, *["None"] * 5][:5]
    columns = {f"labels_{i}": label for i, label in enumerate(padded)}
    return {"id": 1, "num_annotations": 3, "text": "A walk", "text_type": "user_message", **columns, **cells}


def parse(*labels: str | None, needs_caution: str = "unsafe", **cells: object) -> Item:
    return parse_record(row(*labels, **cells), needs_caution=needs_caution, file="f", row=1)


@pytest.mark.parametrize(
    ("labels", "label", "source_label"),
    [
        (("Safe", "Safe", "Violence"), "safe", None),
        (("Violence", "Safe", "Violence"), "unsafe", "Violence"),
        # One vote each: a risk comes before Safe, and the first of the risks names the row.
        (("Safe", "Threat", "Violence"), "unsafe", "Threat"),
        # Threat has 2 votes, Violence 2, Safe 1.
        (("Violence, Threat", "Threat,Violence", "Safe"), "unsafe", "Violence"),
        # Safe is the most common label even when most annotators saw some risk.
        (("Safe", "Safe", "Threat", "Violence", "Harassment"), "safe", None),
        (("Needs Caution", "Needs Caution", "Profanity"), "unsafe", "Profanity"),
        (("Needs Caution", "Needs Caution", "Safe"), "unsafe", "Needs Caution"),
    ],
)
def test_parse_record_most_common_label_decides(labels: tuple[str, ...], label: str, source_label: str | None):
    sample = parse(*labels).sample
    assert (sample.request_label, sample.source_label) == (label, source_label)
    assert (sample.modality, sample.response, sample.split) == ("text", None, None)


@pytest.mark.parametrize("empty", ["None", None, "", float("nan")])
def test_parse_record_column_that_nobody_filled_is_no_vote(empty: object):
    assert parse("Safe", empty, empty, empty, empty).sample.request_label == "safe"


@pytest.mark.parametrize("name", ["Sexual Minor", "Sexual (minor)", "sexual_minor"])
def test_parse_record_spellings_of_a_label_are_one(name: str):
    assert parse("Sexual (minor)", name).sample.source_label == "Sexual (minor)"


@pytest.mark.parametrize("text_type", ["llm_response", "multi_turn", "user_message, llm_response", None])
def test_parse_record_label_of_a_dialogue_is_skipped(text_type: str | None):
    assert parse("Violence", text_type=text_type).reason == "dialogue-level label"


def test_parse_record_needs_caution_is_what_the_setting_says():
    labels = ("Needs Caution", "Needs Caution", "Safe")
    assert parse(*labels, needs_caution="unsafe").sample.request_label == "unsafe"
    safe = parse(*labels, needs_caution="safe").sample
    assert (safe.request_label, safe.source_label) == ("safe", None)
    assert parse(*labels, needs_caution="skip").reason == "needs caution"


def test_parse_record_needs_caution_setting_leaves_other_labels_alone():
    assert parse("Violence", "Violence", "Needs Caution", needs_caution="safe").sample.request_label == "unsafe"


@pytest.mark.parametrize(
    ("labels", "cells", "reason"),
    [
        ((), {}, "unknown label"),
        (("Safe", "New label"), {}, "unknown label"),
        (("Safe",), {"text": ""}, "empty text"),
        (("Safe",), {"text": None}, "wrong type"),
    ],
)
def test_parse_record_bad_row_is_rejected(labels: tuple[str, ...], cells: dict[str, object], reason: str):
    assert parse(*labels, **cells).reason == reason


def test_count_votes_counts_an_annotator_once_per_label():
    assert count_votes(["Threat, threat,", "Violence, Threat"]) == {"Threat": 2, "Violence": 1}


@pytest.mark.parametrize(
    ("votes", "winner"),
    [
        ({"Safe": 1, "Needs Caution": 1}, "Needs Caution"),
        ({"Safe": 1, "Needs Caution": 1, "Threat": 1}, "Threat"),
        ({"Safe": 2, "Needs Caution": 1, "Threat": 1}, "Safe"),
    ],
)
def test_most_common_of_several_is_a_risk_before_caution_before_safe(votes: dict[str, int], winner: str):
    assert most_common(Counter(votes)) == winner


def test_main_risk_is_vague_only_when_there_is_no_other():
    assert main_risk({"Safe": 3, "Other": 2, "Threat": 1, "Violence": 1}) == "Threat"
    assert main_risk({"Safe": 3, "Other": 1, "Needs Caution": 2}) == "Needs Caution"


def test_read_gives_each_row_its_place(tmp_path: Path):
    pl.DataFrame([row("Safe"), row("Safe", text_type="multi_turn")]).write_parquet(tmp_path / "a")
    items = list(read(files={"x_train_y.parquet": tmp_path / "a"}, part="train", needs_caution="unsafe"))
    assert [(type(item).__name__, item.row) for item in items] == [("Found", 1), ("Skipped", 2)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"part": "dev", "needs_caution": "safe"}, "part: expected one of train, test; found 'dev'"),
        ({"part": "train", "needs_caution": "no"}, "needs_caution: expected one of unsafe, safe, skip; found 'no'"),
        ({"part": "train", "needs_caution": "safe"}, "expected files named .*_train_.*, found x_test_y.parquet"),
    ],
)
def test_read_unfit_setting_shows_expected_and_found(settings: dict[str, str], message: str, tmp_path: Path):
    with pytest.raises(ValueError, match=message):
        list(read(files={"x_test_y.parquet": tmp_path}, **settings))


def test_read_missing_column_shows_expected_and_found(tmp_path: Path):
    pl.DataFrame([{column: "a" for column in COLUMNS[:-1]}]).write_parquet(tmp_path / "a")
    with pytest.raises(ValueError, match="expected columns text, text_type, .*; missing labels_4"):
        list(read(files={"x_test_y.parquet": tmp_path / "a"}, part="test", needs_caution="safe"))
