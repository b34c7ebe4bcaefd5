import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.collect.item import Item, Rejected, Skipped
from proguard.collect.sources.beavertails import CATEGORIES, MERGED, merge_pairs, parse_record, read

THEFT = "financial_crime,property_crime,theft"
VIOLENCE = "violence,aiding_and_abetting,incitement"
UNETHICAL = "non_violent_unethical_behavior"


def make_row(*raised: str, prompt: str = "How do I pick a lock?", response: str = "With a pick.") -> dict:
    flags = {name: name in raised for name in sorted(CATEGORIES)}
    return {"prompt": prompt, "response": response, "category": flags, "is_safe": not raised}


def parse(record: dict, row: int = 1) -> Item:
    return parse_record(record, file="f", row=row)


def merge(*rows: dict) -> list[Item]:
    return list(merge_pairs(parse(row, n) for n, row in enumerate(rows, 1)))


def test_parse_record_the_answer_has_the_label_and_the_question_none():
    sample = parse(make_row(THEFT)).sample
    assert (sample.request_label, sample.response_label, sample.source_label) == (None, "unsafe", THEFT)
    assert (sample.request, sample.response, sample.split) == ("How do I pick a lock?", "With a pick.", None)


def test_parse_record_safe_answer_has_no_category():
    sample = parse(make_row() | {"category": {THEFT: True}}).sample
    assert (sample.response_label, sample.source_label) == ("safe", None)


@pytest.mark.parametrize(
    ("raised", "label"),
    [
        ((UNETHICAL, THEFT), THEFT),
        ((VIOLENCE, THEFT), THEFT),
        ((VIOLENCE, "child_abuse", "sexually_explicit,adult_content"), "child_abuse"),
        (("controversial_topics,politics", "hate_speech,offensive_language"), "hate_speech,offensive_language"),
    ],
)
def test_parse_record_several_categories_take_the_first_by_precedence(raised: tuple, label: str):
    assert parse(make_row(*raised)).sample.source_label == label


def test_parse_record_unsafe_without_a_category_has_no_source_label():
    sample = parse(make_row() | {"is_safe": False}).sample
    assert (sample.response_label, sample.source_label) == ("unsafe", None)


@pytest.mark.parametrize(
    ("columns", "reason", "detail"),
    [
        ({"response": ""}, "empty text", "response"),
        ({"prompt": None}, "wrong type", "prompt"),
        ({"is_safe": 0}, "wrong type", "is_safe is a bool and category an object of bools"),
        ({"category": THEFT}, "wrong type", "is_safe is a bool and category an object of bools"),
        ({"category": {"theft": True}}, "unknown label", "category 'theft'"),
    ],
)
def test_parse_record_bad_row_is_rejected(columns: dict, reason: str, detail: str):
    item = parse(make_row(THEFT) | columns)
    assert isinstance(item, Rejected)
    assert (item.reason, item.detail) == (reason, detail)


@pytest.mark.parametrize(
    ("rows", "label"),
    [
        # 1 of 2 safe: mean 0.5, safe; 1 of 3: unsafe; 2 of 3: safe.
        ([(), (THEFT,)], "safe"),
        ([(THEFT,), ()], "safe"),
        ([(), (THEFT,), (THEFT,)], "unsafe"),
        ([(THEFT,), (), ()], "safe"),
    ],
)
def test_merge_pairs_is_safe_when_at_least_half_of_the_rows_are(rows: list[tuple], label: str):
    first, *others = merge(*(make_row(*raised) for raised in rows))
    assert first.sample.response_label == label
    assert (first.sample.source_label is None) == (label == "safe")
    assert others == [Skipped("f", row, MERGED) for row in range(2, len(rows) + 1)]


@pytest.mark.parametrize(
    ("rows", "label"),
    [
        ([(VIOLENCE,), (THEFT,), (VIOLENCE,)], VIOLENCE),
        ([(VIOLENCE,), (THEFT,)], THEFT),
    ],
)
def test_merge_pairs_category_is_the_most_frequent_then_the_first(rows: list[tuple], label: str):
    assert merge(*(make_row(*raised) for raised in rows))[0].sample.source_label == label


@given(st.lists(st.sampled_from([(), (THEFT,), (VIOLENCE,), (THEFT, UNETHICAL)]), min_size=1, max_size=6), st.randoms())
def test_merge_pairs_does_not_depend_on_the_order_of_annotators(rows: list[tuple], random):
    shuffled = random.sample(rows, len(rows))
    one, other = (merge(*(make_row(*raised) for raised in order)) for order in (rows, shuffled))
    assert one[0].sample == other[0].sample
    assert len(one) == len(rows)


def test_merge_pairs_keeps_other_answers_and_bad_rows_in_order():
    rows = [make_row(), make_row() | {"is_safe": None}, make_row(THEFT, response="Ask a locksmith."), make_row()]
    items = merge(*rows)
    assert [type(item).__name__ for item in items] == ["Found", "Rejected", "Found", "Skipped"]
    assert [item.row for item in items] == [1, 2, 3, 4]
    assert items[2].sample.response_label == "unsafe"


@pytest.mark.parametrize(("how", "kinds"), [("none", ["Found", "Found"]), ("mean", ["Found", "Skipped"])])
def test_read_every_row_gives_one_item(how: str, kinds: list[str], tmp_path: Path):
    path = tmp_path / "test.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, [make_row(THEFT), make_row()])).encode()))
    items = list(read(files={"round0/30k/test.jsonl.gz": path}, merge=how))
    assert [type(item).__name__ for item in items] == kinds
    assert items[0].sample.response_label == {"none": "unsafe", "mean": "safe"}[how]


def test_read_line_that_is_not_json_is_rejected(tmp_path: Path):
    path = tmp_path / "test.jsonl"
    path.write_text(json.dumps(make_row()) + "\nnonsense\n")
    found, rejected = read(files={"test.jsonl": path}, merge="none")
    assert (found.row, rejected.row, rejected.reason) == (1, 2, "unreadable row")


def test_read_other_schema_names_the_missing_column(tmp_path: Path):
    path = tmp_path / "test.jsonl"
    path.write_text('{"prompt": "a", "response_0": "b"}\n')
    with pytest.raises(ValueError, match=r"beavertails: test\.jsonl: .*missing response, category, is_safe"):
        list(read(files={"test.jsonl": path}, merge="mean"))
