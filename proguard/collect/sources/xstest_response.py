"""XSTest-Response: requests of XSTest with answers of several models, labelled for harm.

A harmful request with a harmless answer is the usual case, so the two labels have to be kept apart. The file about
refusals has other labels and is not read.
Source: hub allenai/xstest-response, ``data/response_harmfulness-*.parquet``; arXiv 2406.18495.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, text_fault
from proguard.collect.records import read_items
from proguard.collect.sources.xstest import UNSAFE_TYPES
from proguard.sample import Label, make_sample

SOURCE = "xstest_response"

COLUMNS = ("prompt", "response", "label", "prompt_type", "prompt_harm_category")

REQUEST_LABELS: Mapping[str, Label] = {"prompt_safe": "safe", "prompt_harmful": "unsafe"}
RESPONSE_LABELS: Mapping[str, Label] = {"unharmful": "safe", "harmful": "unsafe"}

SOURCE_LABELS = UNSAFE_TYPES


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield a text sample per answer; source label of an unsafe request: its type in XSTest.

    Raises:
        ValueError: When a file lacks a column of `COLUMNS`.
    """
    yield from read_items(files, source=SOURCE, columns=COLUMNS, parse=parse_record)


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one answer; the words of the refusal file, such as ``compliance``, are unknown labels."""
    for column in ("prompt", "response"):
        if fault := text_fault(record[column]):
            return Rejected(file, row, fault, column)
    for column, known in (("prompt_type", REQUEST_LABELS), ("label", RESPONSE_LABELS)):
        if record[column] not in known:
            return Rejected(file, row, "unknown label", f"{column} {record[column]!r}")
    request_label, category = REQUEST_LABELS[record["prompt_type"]], record["prompt_harm_category"]
    if request_label == "unsafe" and category not in UNSAFE_TYPES:
        return Rejected(file, row, "unknown label", f"prompt_harm_category {category!r} of a harmful request")
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=record["prompt"],
        response=record["response"],
        request_label=request_label,
        response_label=RESPONSE_LABELS[record["label"]],
        source_label=category if request_label == "unsafe" else None,
    )
    return Found(file, row, sample)
