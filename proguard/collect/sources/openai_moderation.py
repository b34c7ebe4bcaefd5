"""OpenAI's moderation evaluation set: requests with human flags, of which an absent one means unknown, not 0.

Source: github.com/openai/moderation-api-release, ``data/samples-1680.jsonl.gz``; arXiv 2208.03274.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, text_fault
from proguard.sample import make_sample

SOURCE = "openai_moderation"

FLAGS = ("S3", "SH", "H2", "H", "V2", "V", "S", "HR")
"""Flags, the one that names a row with several first: the rarer and graver before what it implies."""


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield a text sample per line: unsafe when any flag is 1, safe when all flags that are known are 0."""
    for name, path in files.items():
        with gzip.open(path) as lines:
            for row, line in enumerate(lines, 1):
                yield parse_line(line, file=name, row=row)


def parse_line(line: bytes, *, file: str, row: int) -> Item:
    """Return the item of one JSON line.

    Raises:
        ValueError: When it has a key that is neither ``prompt`` nor one of `FLAGS`.
    """
    try:
        record = json.loads(line)
    except ValueError as error:
        return Rejected(file, row, "unreadable row", f"not JSON: {error}")
    if not isinstance(record, dict):
        return Rejected(file, row, "wrong type", f"a line is an object, found {type(record).__name__}")
    if unknown := sorted(record.keys() - {"prompt", *FLAGS}):
        raise ValueError(f"{SOURCE}: {file} row {row}: expected keys prompt, {', '.join(FLAGS)}, found {unknown}")
    if fault := text_fault(record.get("prompt")):
        return Rejected(file, row, fault, "prompt")
    if fault := _flags_fault(record):
        return Rejected(file, row, "unknown label", fault)
    raised = [flag for flag in FLAGS if record.get(flag) == 1]
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=record["prompt"],
        request_label="unsafe" if raised else "safe",
        source_label=raised[0] if raised else None,
    )
    return Found(file, row, sample)


def _flags_fault(record: dict[str, Any]) -> str | None:
    flags = {flag: record[flag] for flag in FLAGS if flag in record}
    if not flags:
        return "no flag"
    wrong = {flag: value for flag, value in flags.items() if type(value) is not int or value not in (0, 1)}
    return f"a flag is 0 or 1, found {wrong}" if wrong else None
