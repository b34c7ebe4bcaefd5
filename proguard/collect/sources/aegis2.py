"""Aegis 2.0: requests, and responses to a part of them, that people labelled, with the categories that were violated.

The categories belong to the dialogue, and safe rows have some too: they are not a label. Prompts that the authors may
not publish read ``REDACTED``. A response of which only the label is published counts as none, and its label with it.
Source: hub nvidia/Aegis-AI-Content-Safety-Dataset-2.0; arXiv 2501.09004.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from proguard.collect.item import Found, Item, Rejected, Skipped, text_fault
from proguard.collect.records import read_items
from proguard.sample import LABELS, make_sample

SOURCE = "aegis2"

COLUMNS = ("prompt", "response", "prompt_label", "response_label", "violated_categories")

PARTS: Mapping[str, tuple[str, ...]] = {
    "train": ("train.json", "refusals_train.json"),
    "validation": ("validation.json", "refusals_validation.json"),
    "test": ("test.json",),
}

REDACTED = "REDACTED"

CATEGORIES = (
    "Hate/Identity Hate",
    "Sexual",
    "Sexual (minor)",
    "Suicide and Self Harm",
    "Violence",
    "Guns and Illegal Weapons",
    "Threat",
    "PII/Privacy",
    "Criminal Planning/Confessions",
    "Harassment",
    "Controlled/Regulated Substances",
    "Profanity",
    "Illegal Activity",
    "Immoral/Unethical",
    "Unauthorized Advice",
    "Political/Misinformation/Conspiracy",
    "Fraud/Deception",
    "Copyright/Trademark/Plagiarism",
    "High Risk Gov Decision Making",
    "Malware",
    "Manipulation",
    "Needs Caution",
    "Other",
)
"""Categories of both releases, as this one spells them."""

VAGUE = ("Needs Caution", "Other")
"""Categories that say nothing about the risk."""

SOURCE_LABELS = CATEGORIES


def read(
    *, files: Mapping[str, Path], part: Literal["train", "validation", "test"], keep_redacted: bool
) -> Iterator[Item]:
    """Yield a text sample per row; source label of an unsafe one: its first category that is none of `VAGUE`.

    Args:
        files: Paths by name in the hub repository.
        part: Whose files these are.
        keep_redacted: Whether rows whose prompt reads ``REDACTED`` are kept. They all become
            one request, of which collect keeps the first and counts the others as duplicates.

    Raises:
        ValueError: When ``part`` isn't one of `PARTS`, a file isn't of it, or a file lacks a column of `COLUMNS`.
    """
    if part not in PARTS:
        raise ValueError(f"{SOURCE}: part: expected one of {', '.join(PARTS)}; found {part!r}")
    if unknown := sorted(set(files).difference(PARTS[part])):
        raise ValueError(f"{SOURCE}: part {part}: expected files {', '.join(PARTS[part])}; found {unknown}")
    parse = partial(parse_record, keep_redacted=keep_redacted)
    yield from read_items(files, source=SOURCE, columns=COLUMNS, parse=parse)


def parse_record(record: Mapping[str, Any], *, keep_redacted: bool, file: str, row: int) -> Item:
    """Return the item of one row.

    What is redacted is told by the text: the number in ``reconstruction_id_if_redacted`` stays when someone puts the
    prompt back.
    """
    prompt, response = record.get("prompt"), _present(record.get("response"))
    if prompt == REDACTED and not keep_redacted:
        return Skipped(file, row, "redacted prompt")
    if fault := text_fault(prompt):
        return Rejected(file, row, fault, "prompt")
    if response is not None and (fault := text_fault(response)):
        return Rejected(file, row, fault, "response")
    request_label, response_label = record.get("prompt_label"), _present(record.get("response_label"))
    if request_label not in LABELS or response_label not in (*LABELS, None):
        return Rejected(file, row, "unknown label", f"prompt {request_label!r}, response {response_label!r}")
    categories = parse_categories(_present(record.get("violated_categories")))
    if categories is None:
        return Rejected(file, row, "unknown label", f"violated_categories {record['violated_categories']!r}")
    response_label = None if response is None else response_label
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=prompt,
        response=response,
        request_label=request_label,
        response_label=response_label,
        source_label=main_category(categories) if "unsafe" in (request_label, response_label) else None,
    )
    return Found(file, row, sample)


def parse_categories(named: object) -> list[str] | None:
    """Return the `CATEGORIES` that ``named`` lists between commas, in its order; ``None`` when one isn't known."""
    if not isinstance(named, str | None):
        return None
    names = [name for name in (named or "").split(",") if name.strip()]
    found = [category for category in map(spell, names) if category is not None]
    return found if len(found) == len(names) else None


def main_category(categories: Sequence[str]) -> str | None:
    """Return the first of ``categories``, most frequent first, that is not `VAGUE`; the first when all are."""
    telling = [name for name in categories if name not in VAGUE]
    return next(iter([*telling, *categories]), None)


def spell(name: str) -> str | None:
    """Return the one of `CATEGORIES` with the letters of ``name``, ``and`` left out; ``None`` without one.

    >>> spell("Guns/Illegal Weapons"), spell("Sexual Minor")
    ('Guns and Illegal Weapons', 'Sexual (minor)')
    """
    return _BY_LETTERS.get(letters(name))


def letters(name: str) -> str:
    """Return the letters of ``name`` in lower case, ``and`` left out."""
    return "".join(word for word in re.findall("[a-z]+", name.lower()) if word != "and")


_BY_LETTERS = {letters(name): name for name in CATEGORIES}


def _present(value: Any) -> Any:
    """Return ``value``, and ``None`` for what a table writes where there is none: a blank text, or not a number."""
    is_blank = isinstance(value, str) and not value.strip()
    return None if is_blank or value != value else value
