"""ToxicChat: what people wrote to a public chat demo, and whether it is toxic.

Only the request is kept. The model's output has no label, and a guard that saw it would be asked about it. A jailbreak
that asks for nothing toxic is safe: ``toxicity`` alone is the label, for the rows that people annotated and for those
that the authors' model did.
Source: hub lmsys/toxic-chat, ``data/0124``; arXiv 2310.17389.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, text_fault
from proguard.collect.records import read_items
from proguard.sample import Label, make_sample

SOURCE = "toxic_chat"

COLUMNS = ("user_input", "toxicity")

LABELS: Mapping[str, Label] = {"0": "safe", "1": "unsafe"}

SOURCE_LABELS: tuple[str, ...] = ()


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield a text sample per row, without a source label: toxicity has no categories.

    Raises:
        ValueError: When a file lacks a column of `COLUMNS`.
    """
    yield from read_items(files, source=SOURCE, columns=COLUMNS, parse=parse_record)


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one request."""
    if fault := text_fault(record.get("user_input")):
        return Rejected(file, row, fault, "user_input")
    label = LABELS.get(str(record.get("toxicity")))
    if label is None:
        return Rejected(file, row, "unknown label", f"toxicity {record.get('toxicity')!r}")
    sample = make_sample(source=SOURCE, modality="text", request=record["user_input"], request_label=label)
    return Found(file, row, sample)
