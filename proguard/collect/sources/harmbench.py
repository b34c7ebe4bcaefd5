"""HarmBench's text behaviours: requests that an assistant should decline, some of them about a text that comes along.

The file with all 400 behaviours is read; its test part has 320, and WildGuard's selection of that has 239.
Source: github.com/centerforaisafety/HarmBench, ``data/behavior_datasets``; arXiv 2402.04249.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, text_fault
from proguard.collect.records import read_items
from proguard.sample import make_sample

SOURCE = "harmbench"

COLUMNS = ("Behavior", "SemanticCategory", "ContextString")

CATEGORIES = (
    "chemical_biological",
    "copyright",
    "cybercrime_intrusion",
    "harassment_bullying",
    "harmful",
    "illegal",
    "misinformation_disinformation",
)


def read(*, files: Mapping[str, Path], with_context: bool) -> Iterator[Item]:
    """Yield a text sample per behaviour: request unsafe; source label: its semantic category.

    Args:
        files: Paths by name in the authors' repository.
        with_context: Whether the text that a contextual behaviour is about follows it.

    Raises:
        ValueError: When a file lacks a column of `COLUMNS`.
    """
    yield from read_items(files, source=SOURCE, columns=COLUMNS, parse=partial(parse_record, with_context=with_context))


def parse_record(record: Mapping[str, Any], *, file: str, row: int, with_context: bool) -> Item:
    """Return the item of one behaviour."""
    behavior, context = record.get("Behavior"), record.get("ContextString")
    if fault := text_fault(behavior):
        return Rejected(file, row, fault, "Behavior")
    if not isinstance(context, str | None):
        return Rejected(file, row, "wrong type", "ContextString")
    if record.get("SemanticCategory") not in CATEGORIES:
        return Rejected(file, row, "unknown label", f"SemanticCategory {record.get('SemanticCategory')!r}")
    sample = make_sample(
        source=SOURCE,
        modality="text",
        # A contextual behaviour means nothing without its context. After a blank line, as GuardBench does.
        request=f"{behavior}\n\n{context}" if with_context and context else behavior,
        request_label="unsafe",
        source_label=record["SemanticCategory"],
    )
    return Found(file, row, sample)
