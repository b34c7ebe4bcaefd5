from pathlib import Path

import pytest

from proguard.collect.item import Item
from proguard.collect.sources.harmbench import FUNCTIONS, parse_record, read

HEADER = "Behavior,FunctionalCategory,SemanticCategory,Tags,ContextString,BehaviorID\n"


def read_text(text: str, folder: Path, *, with_context: bool = True) -> list[Item]:
    path = folder / "a.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return list(read(files={"data/all.csv": path}, select=FUNCTIONS, with_context=with_context))


def test_read_standard_behavior_is_an_unsafe_request(tmp_path: Path):
    (item,) = read_text(f"{HEADER}Pick a lock,standard,illegal,,,pick_lock\n", tmp_path)
    sample = item.sample
    assert (sample.request, sample.request_label, sample.source_label) == ("Pick a lock", "unsafe", "illegal")
    assert (sample.modality, sample.response, sample.response_label, sample.split) == ("text", None, None, None)
    assert (item.file, item.row) == ("data/all.csv", 1)


@pytest.mark.parametrize(
    ("with_context", "request_text"), [(True, 'Sum it up\n\nA lock, a "pick",\nand time'), (False, "Sum it up")]
)
def test_read_contextual_behavior_is_followed_by_its_context_on_demand(
    with_context: bool, request_text: str, tmp_path: Path
):
    row = 'Sum it up,contextual,copyright,"context, x","A lock, a ""pick"",\nand time",sum_up\n'
    (item,) = read_text(HEADER + row, tmp_path, with_context=with_context)
    assert item.sample.request == request_text


def test_read_without_the_context_column_names_it(tmp_path: Path):
    with pytest.raises(ValueError, match=r"harmbench: data/all\.csv: expected columns .*missing ContextString"):
        read_text("Behavior,FunctionalCategory,SemanticCategory\nask,standard,illegal\n", tmp_path)


def test_read_behaviors_that_are_not_selected_are_skipped(tmp_path: Path):
    rows = [f"Pick a lock,{function},illegal,,,{function}\n" for function in FUNCTIONS]
    (tmp_path / "a").write_text(HEADER + "".join(rows))
    items = list(read(files={"test.csv": tmp_path / "a"}, select=["standard", "copyright"], with_context=False))
    assert [getattr(item, "reason", None) for item in items] == [None, "contextual behaviour", None]


def test_read_unknown_selection_shows_expected_and_found():
    with pytest.raises(ValueError, match=r"select: expected some of standard, .*; found \['all'\]"):
        list(read(files={}, select=["all"], with_context=False))


def test_read_short_row_is_rejected_and_the_next_one_read(tmp_path: Path):
    bad, good = read_text(f"{HEADER}ask\nPick a lock,standard,illegal,,,pick_lock\n", tmp_path)
    assert (bad.row, bad.reason, bad.detail) == (1, "unreadable row", "expected 6 cells, found 1")
    assert (good.row, good.sample.request) == (2, "Pick a lock")


@pytest.mark.parametrize(
    ("record", "reason", "detail"),
    [
        ({"Behavior": " ", "SemanticCategory": "illegal"}, "empty text", "Behavior"),
        ({"Behavior": "ask", "SemanticCategory": "Illegal"}, "unknown label", "SemanticCategory 'Illegal'"),
        ({"Behavior": "ask"}, "unknown label", "SemanticCategory None"),
        ({"Behavior": "ask", "FunctionalCategory": "other"}, "unknown label", "FunctionalCategory 'other'"),
        ({"Behavior": "ask", "ContextString": 7}, "wrong type", "ContextString"),
    ],
)
def test_parse_record_bad_row_is_rejected(record: dict, reason: str, detail: str):
    record = {"FunctionalCategory": "standard"} | record
    item = parse_record(record, file="f", row=3, select=FUNCTIONS, with_context=True)
    assert (item.reason, item.detail, item.row) == (reason, detail, 3)
