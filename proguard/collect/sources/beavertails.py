"""BeaverTails: answers to questions, labelled for harm in 14 categories by several annotators, a row each.

The label is that of the answer in its context; a question has none. Annotators of one pair may differ, and a pair is
one sample: ``merge`` says what its label is. Rows are the raw size of the test part (about 33,400, which the paper
weighs it with); pairs are GuardBench's size of it (11,088).
Source: hub PKU-Alignment/BeaverTails, ``round0``; arXiv 2307.04657.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from proguard.collect.item import Found, Item, Rejected, Skipped, text_fault
from proguard.collect.records import read_items
from proguard.sample import Sample, make_sample

SOURCE = "beavertails"

COLUMNS = ("prompt", "response", "category", "is_safe")

CATEGORIES = (
    "child_abuse",
    "sexually_explicit,adult_content",
    "self_harm",
    "animal_abuse",
    "terrorism,organized_crime",
    "drug_abuse,weapons,banned_substance",
    "financial_crime,property_crime,theft",
    "privacy_violation",
    "hate_speech,offensive_language",
    "discrimination,stereotype,injustice",
    "violence,aiding_and_abetting,incitement",
    "misinformation_regarding_ethics,laws_and_safety",
    "controversial_topics,politics",
    "non_violent_unethical_behavior",
)
"""Categories, the one that names an answer with several first: narrow and grave ones before what accompanies them."""

MERGED = "further annotator of a pair"

SOURCE_LABELS = CATEGORIES


def read(*, files: Mapping[str, Path], merge: Literal["none", "mean"]) -> Iterator[Item]:
    """Yield an item per row; source label of an unsafe answer: the first of its `CATEGORIES`.

    Args:
        files: Paths by name in the hub repository.
        merge: ``mean`` gives the first row of a pair the label of all its rows in the file, as `merge_pairs`, and skips
            the others; ``none`` gives every row its own, of which collect keeps a pair's first and counts conflicts.

    Raises:
        ValueError: When a file lacks a column of `COLUMNS`.
    """
    for name, path in files.items():
        items = read_items({name: path}, source=SOURCE, columns=COLUMNS, parse=parse_record)
        yield from merge_pairs(items) if merge == "mean" else items


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one row."""
    for column in ("prompt", "response"):
        if fault := text_fault(record.get(column)):
            return Rejected(file, row, fault, column)
    is_safe, flags = record.get("is_safe"), record.get("category")
    if not isinstance(is_safe, bool) or not isinstance(flags, dict):
        return Rejected(file, row, "wrong type", "is_safe is a bool and category an object of bools")
    if wrong := sorted(name for name, is_raised in flags.items() if not isinstance(is_raised, bool | None)):
        return Rejected(file, row, "wrong type", f"category {wrong[0]!r} is {flags[wrong[0]]!r}, expected a bool")
    raised = {name for name, is_raised in flags.items() if is_raised}
    if unknown := sorted(raised.difference(CATEGORIES)):
        return Rejected(file, row, "unknown label", f"category {unknown[0]!r}")
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=record["prompt"],
        response=record["response"],
        request_label=None,
        response_label="safe" if is_safe else "unsafe",
        source_label=None if is_safe else next((name for name in CATEGORIES if name in raised), None),
    )
    return Found(file, row, sample)


def merge_pairs(items: Iterable[Item]) -> Iterator[Item]:
    """Yield ``items`` in their order, the rows of a question and answer as one sample and, after it, skipped rows.

    It is safe when at least half of its rows are, as in GuardBench; an unsafe one carries the category that most of its
    rows do, of equals the first of `CATEGORIES`.
    """
    listed = list(items)
    pairs: dict[str, list[Sample]] = defaultdict(list)
    for item in listed:
        if isinstance(item, Found):
            pairs[item.sample.id].append(item.sample)
    for item in listed:
        if not isinstance(item, Found):
            yield item
        elif samples := pairs.pop(item.sample.id, None):
            yield replace(item, sample=_merge(samples))
        else:
            yield Skipped(item.file, item.row, MERGED)


def _merge(samples: list[Sample]) -> Sample:
    unsafe = [sample for sample in samples if sample.is_unsafe]
    if 2 * len(unsafe) <= len(samples):
        return replace(samples[0], response_label="safe", source_label=None)
    named = [sample.source_label for sample in unsafe if sample.source_label]
    category = max(CATEGORIES, key=named.count) if named else None
    return replace(samples[0], response_label="unsafe", source_label=category)
