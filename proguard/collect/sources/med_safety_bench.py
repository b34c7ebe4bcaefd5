"""MedSafetyBench: requests against nine principles of medical ethics, each with a response that declines.

The authors' train and test folders were made in the same way, so their split is left to ood_split.
Source: github.com/AI4LIFE-GROUP/med-safety-bench, ``datasets``; arXiv 2403.03744.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, text_fault
from proguard.collect.records import read_items
from proguard.sample import make_sample

SOURCE = "med_safety_bench"

COLUMNS = ("harmful_medical_request", "safe_response")

_CATEGORY = re.compile(r"_category_([1-9])\.csv$")

SOURCE_LABELS = tuple("123456789")
"""The nine principles."""


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield a text sample per row: request unsafe, response safe; source label: the principle's number.

    Raises:
        ValueError: When a file's name has no category, or the file lacks a column of `COLUMNS`.
    """
    for name in files:
        category_of(name)
    yield from read_items(files, source=SOURCE, columns=COLUMNS, parse=parse_record)


def category_of(name: str) -> str:
    """Return the principle that a file is about; raise `ValueError` when its name has none."""
    found = _CATEGORY.search(name)
    if found is None:
        raise ValueError(f"{SOURCE}: expected a file named *_category_[1-9].csv, found {name}")
    return found[1]


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one row; the name of ``file`` says which principle it is about."""
    for column in COLUMNS:
        if fault := text_fault(record.get(column)):
            return Rejected(file, row, fault, column)
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=record["harmful_medical_request"],
        response=record["safe_response"],
        request_label="unsafe",
        response_label="safe",
        source_label=category_of(file),
    )
    return Found(file, row, sample)
