"""OR-Bench: safe requests that sound unsafe, to measure over-refusal, and a file of unsafe ones.

The file says the label. In the safe files the category names what a request sounds like and not what it is.
Source: hub bench-llm/or-bench; arXiv 2405.20947.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, text_fault
from proguard.collect.records import read_items
from proguard.sample import Label, make_sample

SOURCE = "or_bench"

COLUMNS = ("prompt", "category")

LABELS: Mapping[str, Label] = {
    "or-bench-80k.csv": "safe",
    "or-bench-hard-1k.csv": "safe",
    "or-bench-toxic.csv": "unsafe",
}
"""Label of all rows, by file."""

CATEGORIES = (
    "deception",
    "harassment",
    "harmful",
    "hate",
    "illegal",
    "privacy",
    "self-harm",
    "sexual",
    "unethical",
    "violence",
)

SOURCE_LABELS = CATEGORIES


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield a text sample per request; source label of an unsafe one: its category.

    Raises:
        ValueError: When a file is none of `LABELS`, or lacks a column of `COLUMNS`.
    """
    for name in files:
        if name not in LABELS:
            raise ValueError(f"{SOURCE}: expected files of {sorted(LABELS)}, found {name}")
    yield from read_items(files, source=SOURCE, columns=COLUMNS, parse=parse_record)


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one request of ``file``, one of `LABELS`."""
    if fault := text_fault(record.get("prompt")):
        return Rejected(file, row, fault, "prompt")
    if record.get("category") not in CATEGORIES:
        return Rejected(file, row, "unknown label", f"category {record.get('category')!r}")
    label = LABELS[file]
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=record["prompt"],
        request_label=label,
        source_label=record["category"] if label == "unsafe" else None,
    )
    return Found(file, row, sample)
