"""GuardReasonerTrain: requests and responses of four data sets, with labels at the end of a written-out reasoning.

Who labelled depends on the split. In BeaverTailsTrainR the label of the response is a person's and that of the request
GPT-4o's; in AegisTrainR the most common label of the annotators counts and all but Safe is harmful, Needs Caution as
well, and a whole dialogue may be one request; ToxicChatTrainR has the rows that people annotated. WildGuardTrainR
is labelled by GPT-4.
Source: hub yueliu1999/GuardReasonerTrain; arXiv 2501.18492.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from proguard.collect.item import Found, Item, Rejected, Skipped, text_fault
from proguard.collect.records import read_items
from proguard.sample import Label, make_sample

SOURCE = "guard_reasoner"

COLUMNS = ("input", "output")

SPLITS = ("WildGuardTrainR", "AegisTrainR", "BeaverTailsTrainR", "ToxicChatTrainR")
"""Splits, each a file of its name; the hub has some with a dash in it, ``WildGuardTrain-R.json``."""

HUMAN = "Human user:\n"
ASSISTANT = "\n\nAI assistant:\n"
ANSWERS = "Answers:"
ABSENT = "None"
"""The frame of ``input``, the head of the last block of ``output``, and the word for a response or a label that isn't
there."""

LABELS: Mapping[str, Label | None] = {"harmful": "unsafe", "unharmful": "safe", ABSENT: None}

_SAID = re.compile(r"^[ \t]*(Request|Response):[ \t]*(harmful|unharmful|None)\b", re.MULTILINE)

SOURCE_LABELS: tuple[str, ...] = ()


def read(*, files: Mapping[str, Path], splits: Collection[str]) -> Iterator[Item]:
    """Yield a text sample per row of the files of ``splits``, without a source label: the data set has no categories.

    Raises:
        ValueError: When a split isn't one of `SPLITS`, a file isn't one of theirs, or it lacks a column of `COLUMNS`.
    """
    if unknown := sorted(set(splits).difference(SPLITS)):
        raise ValueError(f"{SOURCE}: splits: expected some of {', '.join(SPLITS)}; found {unknown}")
    if unknown := sorted(name for name in files if split_of(name) is None):
        raise ValueError(f"{SOURCE}: expected files named {', '.join(SPLITS)}; found {unknown}")
    wanted = {name: path for name, path in files.items() if split_of(name) in splits}
    yield from read_items(wanted, source=SOURCE, columns=COLUMNS, parse=parse_record)


def split_of(name: str) -> str | None:
    """Return the split that a file is, by the letters of its name; ``None`` when it is none of `SPLITS`.

    >>> split_of("WildGuardTrain-R.json"), split_of("data/WildGuardTrainR.jsonl")
    ('WildGuardTrainR', 'WildGuardTrainR')
    """
    letters = re.sub(r"[^A-Za-z]", "", PurePosixPath(name).name.partition(".")[0])
    return letters if letters in SPLITS else None


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one row.

    ``input`` is split at its last ``AI assistant`` line, as a request may be a dialogue in the same frame, and the last
    labels of ``output`` count, those after its last ``Answers:``. A response that isn't there has no label, whatever
    ``output`` says of it.
    """
    for column in COLUMNS:
        if fault := text_fault(record.get(column)):
            return Rejected(file, row, fault, column)
    head, frame, tail = record["input"].rpartition(ASSISTANT)
    if not frame or not head.startswith(HUMAN):
        return Rejected(file, row, "unreadable row", "input is not 'Human user: ... AI assistant: ...'")
    request, response = head.removeprefix(HUMAN), tail.removesuffix("\n\n")
    if not request.strip():
        return Rejected(file, row, "empty text", "input: request")
    said = dict(_SAID.findall(record["output"].rpartition(ANSWERS)[2]))
    is_answered = response.strip() not in ("", ABSENT)
    if missing := [part for part in ("Request", "Response")[: 1 + is_answered] if part not in said]:
        return Rejected(file, row, "unknown label", f"output: no {missing[0]}: harmful|unharmful|None after {ANSWERS}")
    request_label = LABELS[said["Request"]]
    response_label = LABELS[said["Response"]] if is_answered else None
    if request_label is None and response_label is None:
        return Skipped(file, row, "no label")
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=request,
        response=response if is_answered else None,
        request_label=request_label,
        response_label=response_label,
    )
    return Found(file, row, sample)
