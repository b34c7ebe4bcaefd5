"""MedSafetyBench: requests against nine principles of medical ethics, each with a response that declines.

The authors' train and test folders were made in the same way, so their split is left to ood_split.
Source: github.com/AI4LIFE-GROUP/med-safety-bench, ``datasets``; arXiv 2403.03744.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from proguard.collect.item import Found, Item, Rejected, text_fault
from proguard.sample import make_sample

SOURCE = "med_safety_bench"

COLUMNS = ["", "harmful_medical_request", "safe_response"]

_CATEGORY = re.compile(r"_category_([1-9])\.csv$")


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield a text sample per row: request unsafe, response safe; source label: the principle's number.

    Raises:
        ValueError: When a file's name has no category or its header is not `COLUMNS`.
    """
    for name, path in files.items():
        category = _CATEGORY.search(name)
        if category is None:
            raise ValueError(f"{SOURCE}: expected a file named *_category_[1-9].csv, found {name}")
        with path.open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            header = next(rows, None)
            if header != COLUMNS:
                raise ValueError(f"{SOURCE}: {name}: expected columns {COLUMNS}, found {header}")
            for row, cells in enumerate(rows, 1):
                yield parse_row(cells, category=category[1], file=name, row=row)


def parse_row(cells: list[str], *, category: str, file: str, row: int) -> Item:
    """Return the item of one row of a file about principle ``category``."""
    if len(cells) != len(COLUMNS):
        return Rejected(file, row, "unreadable row", f"expected {len(COLUMNS)} cells, found {len(cells)}")
    _, request, response = cells
    for column, text in zip(COLUMNS[1:], (request, response), strict=True):
        if fault := text_fault(text):
            return Rejected(file, row, fault, column)
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=request,
        response=response,
        request_label="unsafe",
        response_label="safe",
        source_label=category,
    )
    return Found(file, row, sample)
