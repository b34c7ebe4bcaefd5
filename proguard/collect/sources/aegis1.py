"""Aegis 1.0: texts with the labels of several annotators each, of which the most common one counts.

A label is about the whole text, so only one that is a user's message alone labels a request. Five columns hold an
annotator's labels each, with the text ``None`` in those that nobody filled.
Source: hub nvidia/Aegis-AI-Content-Safety-Dataset-1.0; arXiv 2404.05993.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from proguard.collect.item import Found, Item, Rejected, Skipped, text_fault
from proguard.collect.records import read_items
from proguard.collect.sources.aegis2 import CATEGORIES, VAGUE, letters, spell
from proguard.sample import make_sample

SOURCE = "aegis1"

ANNOTATORS = tuple(f"labels_{i}" for i in range(5))
COLUMNS = ("text", "text_type", *ANNOTATORS)

SAFE = "Safe"
NEEDS_CAUTION = "Needs Caution"

PARTS = ("train", "test")

NeedsCaution = Literal["unsafe", "safe", "skip"]

SOURCE_LABELS = CATEGORIES


def read(*, files: Mapping[str, Path], part: Literal["train", "test"], needs_caution: NeedsCaution) -> Iterator[Item]:
    """Yield a text sample per row that is a user's message; source label of an unsafe one: `main_risk`.

    Args:
        files: Paths by name in the hub repository.
        part: Whose files these are.
        needs_caution: What a text is whose most common label is ``Needs Caution``: unsafe is the reading that the
            authors call defensive, safe the permissive one.

    Raises:
        ValueError: When an argument isn't one of its words, a file's name lacks ``_<part>_``, or a file lacks a column.
    """
    for argument, word, known in (("part", part, PARTS), ("needs_caution", needs_caution, get_args(NeedsCaution))):
        if word not in known:
            raise ValueError(f"{SOURCE}: {argument}: expected one of {', '.join(known)}; found {word!r}")
    for name in files:
        if f"_{part}_" not in name:
            raise ValueError(f"{SOURCE}: part {part}: expected files named *_{part}_*, found {name}")
    parse = partial(parse_record, needs_caution=needs_caution)
    yield from read_items(files, source=SOURCE, columns=COLUMNS, parse=parse)


def parse_record(record: Mapping[str, Any], *, needs_caution: NeedsCaution, file: str, row: int) -> Item:
    """Return the item of one row."""
    if record.get("text_type") != "user_message":
        return Skipped(file, row, "dialogue-level label")
    if fault := text_fault(record.get("text")):
        return Rejected(file, row, fault, "text")
    named = [record[column] for column in ANNOTATORS if _is_filled(record[column])]
    votes = count_votes(named) if all(isinstance(cell, str) for cell in named) else None
    if votes is None:
        return Rejected(file, row, "unknown label", f"labels {named}")
    label = most_common(votes)
    if label == NEEDS_CAUTION and needs_caution == "skip":
        return Skipped(file, row, "needs caution")
    is_safe = label == SAFE or (label == NEEDS_CAUTION and needs_caution == "safe")
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=record["text"],
        request_label="safe" if is_safe else "unsafe",
        source_label=None if is_safe else main_risk(votes),
    )
    return Found(file, row, sample)


def count_votes(named: list[str]) -> Counter[str] | None:
    """Return how many annotators gave each label, in the order in which it came up; ``None`` when one isn't known.

    Args:
        named: Labels of each annotator, separated by commas; compared by their letters only.
    """
    votes: Counter[str] = Counter()
    for cell in named:
        names = [name for name in cell.split(",") if name.strip()]
        given = {name: SAFE if letters(name) == "safe" else spell(name) for name in names}
        if None in given.values():
            return None
        votes.update(dict.fromkeys(filter(None, given.values()), 1))
    return votes or None


def most_common(votes: Mapping[str, int]) -> str:
    """Return the label with the most votes; of several a risk before ``Needs Caution`` before ``Safe``."""
    return max(votes, key=lambda name: (votes[name], name != SAFE, name != NEEDS_CAUTION))


def main_risk(votes: Mapping[str, int]) -> str:
    """Return the category with the most votes, one that says nothing about the risk only when there is no other.

    Of several it is the one that came up first.
    """
    return max(votes, key=lambda name: (name != SAFE, name not in VAGUE, votes[name]))


def _is_filled(cell: object) -> bool:
    return cell is not None and cell == cell and str(cell).strip() not in ("", "None")
