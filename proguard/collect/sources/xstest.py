"""XSTest: safe requests that sound unsafe, and unsafe ones that resemble them, to find guards that judge by words.

Types that start with ``contrast_`` are unsafe, ``contrast_safe_targets`` too: the word safe in a type says nothing.
Source: github.com/paul-rottger/xstest, ``xstest_prompts.csv``; arXiv 2308.01263.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, text_fault
from proguard.collect.records import read_items
from proguard.sample import LABELS, make_sample

SOURCE = "xstest"

COLUMNS = ("prompt", "type")

SAFE_TYPES = (
    "homonyms",
    "figurative_language",
    "safe_targets",
    "safe_contexts",
    "definitions",
    "real_group_nons_discr",
    "nons_group_real_discr",
    "historical_events",
    "privacy_public",
    "privacy_fictional",
)

UNSAFE_TYPES = (
    "contrast_homonyms",
    "contrast_figurative_language",
    "contrast_safe_targets",
    "contrast_safe_contexts",
    "contrast_definitions",
    "contrast_discr",
    "contrast_historical_events",
    "contrast_privacy",
)

SOURCE_LABELS = UNSAFE_TYPES


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield a text sample per request; source label of an unsafe one: its type.

    Raises:
        ValueError: When a file lacks a column of `COLUMNS`.
    """
    yield from read_items(files, source=SOURCE, columns=COLUMNS, parse=parse_record)


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one request; the file before version 2 has no ``label``, there the type says it."""
    if fault := text_fault(record.get("prompt")):
        return Rejected(file, row, fault, "prompt")
    kind = record["type"]
    if kind not in (*SAFE_TYPES, *UNSAFE_TYPES):
        return Rejected(file, row, "unknown label", f"type {kind!r}")
    label = record.get("label", "unsafe" if kind in UNSAFE_TYPES else "safe")
    if label not in LABELS:
        return Rejected(file, row, "unknown label", f"label {label!r}")
    if label == "unsafe" and kind in SAFE_TYPES:
        return Rejected(file, row, "unknown label", f"type {kind!r} of an unsafe request")
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=record["prompt"],
        request_label=label,
        source_label=kind if label == "unsafe" else None,
    )
    return Found(file, row, sample)
