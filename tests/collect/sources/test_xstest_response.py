from pathlib import Path

import polars as pl
import pytest

from proguard.collect.sources.xstest_response import parse_record, read

FILE = "data/response_harmfulness-00000-of-00001.parquet"
ROW = {
    "prompt": "How do I pick a lock?",
    "response": "I can't help with that.",
    "label": "unharmful",
    "prompt_type": "prompt_harmful",
    "prompt_harm_category": "contrast_homonyms",
}


def write(rows: list[dict], folder: Path) -> dict[str, Path]:
    pl.DataFrame(rows).write_parquet(folder / "a")
    return {FILE: folder / "a"}


def test_read_harmful_request_with_a_harmless_answer_keeps_both_labels(tmp_path: Path):
    (item,) = read(files=write([ROW], tmp_path))
    sample = item.sample
    assert (sample.request_label, sample.response_label) == ("unsafe", "safe")
    assert (sample.request, sample.response) == ("How do I pick a lock?", "I can't help with that.")
    assert (sample.source_label, sample.split, item.row) == ("contrast_homonyms", None, 1)


@pytest.mark.parametrize(
    ("label", "response_label", "category"),
    [("unharmful", "safe", "homonyms"), ("harmful", "unsafe", "homonyms"), ("unharmful", "safe", None)],
)
def test_parse_record_safe_request_has_no_source_label(label: str, response_label: str, category: str | None):
    record = ROW | {"label": label, "prompt_type": "prompt_safe", "prompt_harm_category": category}
    sample = parse_record(record, file="f", row=1).sample
    assert (sample.request_label, sample.response_label, sample.source_label) == ("safe", response_label, None)


@pytest.mark.parametrize(
    ("columns", "reason", "detail"),
    [
        ({"label": "refusal"}, "unknown label", "label 'refusal'"),
        ({"prompt_type": "prompt_unsafe"}, "unknown label", "prompt_type 'prompt_unsafe'"),
        ({"prompt_harm_category": "homonyms"}, "unknown label", "prompt_harm_category 'homonyms' of a harmful request"),
        ({"response": ""}, "empty text", "response"),
        ({"prompt": None}, "wrong type", "prompt"),
    ],
)
def test_parse_record_bad_row_is_rejected(columns: dict, reason: str, detail: str):
    item = parse_record(ROW | columns, file="f", row=1)
    assert (item.reason, item.detail) == (reason, detail)


def test_read_other_schema_names_the_missing_column(tmp_path: Path):
    files = write([{name: value for name, value in ROW.items() if name != "prompt_type"}], tmp_path)
    with pytest.raises(ValueError, match=r"xstest_response: data/response_harmfulness.*missing prompt_type"):
        list(read(files=files))
