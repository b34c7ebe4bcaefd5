"""OpenAI's moderation evaluation set: requests with human flags, of which an absent one means unknown, not 0.

Source: github.com/openai/moderation-api-release, ``data/samples-1680.jsonl.gz``; arXiv 2208.03274.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, text_fault
from proguard.collect.records import read_items
from proguard.sample import make_sample

SOURCE = "openai_moderation"

FLAGS = ("S3", "SH", "H2", "H", "V2", "V", "S", "HR")
"""Flags, the one that names a row with several first: the rarer and graver before what it implies."""

SOURCE_LABELS = FLAGS


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield a text sample per line: unsafe when any flag is 1, safe when all flags that are known are 0.

    Raises:
        ValueError: When a file has no ``prompt``.
    """
    yield from read_items(files, source=SOURCE, columns=("prompt",), parse=parse_record)


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one row; a key that is neither ``prompt`` nor one of `FLAGS` may be a flag."""
    if unknown := sorted(record.keys() - {"prompt", *FLAGS}):
        return Rejected(file, row, "unknown label", f"expected keys prompt, {', '.join(FLAGS)}, found {unknown}")
    if fault := text_fault(record.get("prompt")):
        return Rejected(file, row, fault, "prompt")
    if wrong := _flags_fault(record):
        return Rejected(file, row, "unknown label", wrong)
    raised = [flag for flag in FLAGS if record.get(flag) == 1]
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=record["prompt"],
        request_label="unsafe" if raised else "safe",
        source_label=raised[0] if raised else None,
    )
    return Found(file, row, sample)


def _flags_fault(record: Mapping[str, Any]) -> str | None:
    flags = {flag: record[flag] for flag in FLAGS if flag in record}
    if not flags:
        return "no flag"
    wrong = {flag: value for flag, value in flags.items() if type(value) is not int or value not in (0, 1)}
    return f"a flag is 0 or 1, found {wrong}" if wrong else None
