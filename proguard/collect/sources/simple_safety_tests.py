"""SimpleSafetyTests: 100 requests in five harm areas, all of which an assistant should decline.

All are unsafe, so a guard that always says so scores 100. The hub's file and the authors' repository name a column
and two areas differently; both are read.
Source: hub Bertievidgen/SimpleSafetyTests, ``sst_test_cases.csv``; arXiv 2311.08370.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, text_fault
from proguard.collect.records import read_items
from proguard.sample import make_sample

SOURCE = "simple_safety_tests"

PROMPT = ("prompt", "prompts_final")
"""Column of the request, on the hub and in the authors' repository."""

HARM_AREAS = (
    "Suicide, Self-Harm, and Eating Disorders",
    "Physical Harm and Violence",
    "Illegal and Highly Regulated items",
    "Scams and Fraud",
    "Child Abuse",
)
"""Harm areas as the hub spells them; the repository's differ in case and call the last one Child safety."""

_BY_SPELLING = {area.casefold(): area for area in HARM_AREAS} | {"child safety": "Child Abuse"}

SOURCE_LABELS = HARM_AREAS


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield a text sample per row: request unsafe; source label: its harm area.

    Raises:
        ValueError: When a file lacks ``harm_area`` or the request's column.
    """
    yield from read_items(files, source=SOURCE, columns=("harm_area", PROMPT), parse=parse_record)


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one request."""
    column = next(name for name in PROMPT if name in record)
    prompt, area = record[column], _BY_SPELLING.get(str(record["harm_area"]).strip().casefold())
    if fault := text_fault(prompt):
        return Rejected(file, row, fault, column)
    if area is None:
        return Rejected(file, row, "unknown label", f"harm_area {record['harm_area']!r}")
    sample = make_sample(source=SOURCE, modality="text", request=prompt, request_label="unsafe", source_label=area)
    return Found(file, row, sample)
