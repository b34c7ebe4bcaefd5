"""HarmBench's text behaviours: requests that an assistant should decline, some of them about a text that comes along.

The file of all behaviours has 400, that of the test part 320; WildGuard scores 239 of these, the standard and the
copyright ones.
Source: github.com/centerforaisafety/HarmBench, ``data/behavior_datasets``; arXiv 2402.04249.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, Skipped, text_fault
from proguard.collect.records import read_items
from proguard.sample import make_sample

SOURCE = "harmbench"

COLUMNS = ("Behavior", "FunctionalCategory", "SemanticCategory", "ContextString")

FUNCTIONS = ("standard", "contextual", "copyright")

CATEGORIES = (
    "chemical_biological",
    "copyright",
    "cybercrime_intrusion",
    "harassment_bullying",
    "harmful",
    "illegal",
    "misinformation_disinformation",
)

SOURCE_LABELS = CATEGORIES


def read(*, files: Mapping[str, Path], select: Collection[str], with_context: bool) -> Iterator[Item]:
    """Yield a text sample per behaviour: request unsafe; source label: its semantic category.

    Args:
        files: Paths by name in the authors' repository.
        select: Those of `FUNCTIONS` whose behaviours are read.
        with_context: Whether the text that a contextual behaviour is about follows it.

    Raises:
        ValueError: When ``select`` has another word, or a file lacks a column of `COLUMNS`.
    """
    if unknown := sorted(set(select).difference(FUNCTIONS)):
        raise ValueError(f"{SOURCE}: select: expected some of {', '.join(FUNCTIONS)}; found {unknown}")
    parse = partial(parse_record, select=select, with_context=with_context)
    yield from read_items(files, source=SOURCE, columns=COLUMNS, parse=parse)


def parse_record(
    record: Mapping[str, Any], *, select: Collection[str], with_context: bool, file: str, row: int
) -> Item:
    """Return the item of one behaviour."""
    function = record["FunctionalCategory"]
    if function not in FUNCTIONS:
        return Rejected(file, row, "unknown label", f"FunctionalCategory {function!r}")
    if function not in select:
        return Skipped(file, row, f"{function} behaviour")
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
