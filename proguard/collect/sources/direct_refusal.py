"""Direct-Refusal: harmful questions of BeaverTails, each with a refusal in place of the harmful answer.

A row's ``refusal`` holds both, question and answer; the parent's ``response``, which is harmful, is not read. The
authors' script shows that ``refusal`` is there; whether ``category`` is isn't known, and without it no row has a source
label.
Source: hub TianshengHuang/DirectRefusal; github.com/git-disl/Safety-Tax, ``data``; arXiv 2503.00555.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, text_fault
from proguard.collect.json_rows import load_json
from proguard.collect.records import read_items
from proguard.collect.sources.beavertails import CATEGORIES
from proguard.sample import make_sample

SOURCE = "direct_refusal"

COLUMNS = ("refusal",)

_REFUSAL = re.compile(r"\s*Question:(.*?)\nAnswer:(.*)", re.DOTALL)

SOURCE_LABELS = CATEGORIES


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield a text sample per row: request unsafe, response safe; source label: the first of BeaverTails' categories.

    Raises:
        ValueError: When a file lacks a column of `COLUMNS`.
    """
    yield from read_items(files, source=SOURCE, columns=COLUMNS, parse=parse_record)


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one row."""
    if fault := text_fault(record.get("refusal")):
        return Rejected(file, row, fault, "refusal")
    found = _REFUSAL.fullmatch(record["refusal"])
    if found is None:
        return Rejected(file, row, "unreadable row", "refusal is not 'Question: ...', then 'Answer: ...' on a new line")
    question, answer = found[1].strip(), found[2].strip()
    if not question or not answer:
        return Rejected(file, row, "empty text", "refusal: " + ("answer" if question else "question"))
    flags = parse_flags(record.get("category"))
    if isinstance(flags, ValueError):
        return Rejected(file, row, "unknown label", f"category: {flags}")
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=question,
        response=answer,
        request_label="unsafe",
        response_label="safe",
        source_label=next((name for name in CATEGORIES if flags.get(name)), None),
    )
    return Found(file, row, sample)


def parse_flags(category: object) -> dict[str, bool] | ValueError:
    """Return which of BeaverTails' categories hold, empty when there is nothing, or what is wrong.

    Args:
        category: A bool or ``None`` by category, or that as a JSON text; ``None`` when the column did not survive.
    """
    if category is None:
        return {}
    if isinstance(category, str):
        try:
            category = load_json(category)
        except ValueError as error:
            return error
    if not isinstance(category, dict):
        return ValueError(f"expected a bool by category, found {type(category).__name__}")
    if unknown := sorted(category.keys() - set(CATEGORIES)):
        return ValueError(f"unknown {unknown[0]!r}")
    if wrong := sorted(name for name, holds in category.items() if not isinstance(holds, bool | None)):
        return ValueError(f"{wrong[0]!r} is {category[wrong[0]]!r}, expected a bool")
    return category
