"""GuardReasonerTrain: requests and responses of four data sets, with a label that stands in a written-out reasoning.

Who labelled depends on the split. In BeaverTailsTrainR the label of the response is a person's and that of the request
GPT-4o's; in AegisTrainR the most common label of the annotators counts and all but Safe is harmful, Needs Caution as
well, and a whole dialogue may stand as one request; ToxicChatTrainR has the rows that people annotated. WildGuardTrainR
is labelled by GPT-4.
Source: hub yueliu1999/GuardReasonerTrain; arXiv 2501.18492.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, text_fault
from proguard.collect.records import read_items
from proguard.sample import Label, make_sample

SOURCE = "guard_reasoner"

COLUMNS = ("input", "output")

SPLITS: Mapping[str, str] = {
    "WildGuardTrainR": "WildGuardTrain-R.json",
    "AegisTrainR": "AegisTrain-R.json",
    "BeaverTailsTrainR": "BeaverTailsTrain-R.json",
    "ToxicChatTrainR": "ToxicChatTrain-R.json",
}
"""File of each split."""

HUMAN = "Human user:\n"
ASSISTANT = "\n\nAI assistant:\n"
ANSWERS = "Answers:"
NO_RESPONSE = "None"
"""The frame of ``input``, the head of the last block of ``output``, and the word for a response that isn't there."""

LABELS: Mapping[str, Label] = {"harmful": "unsafe", "unharmful": "safe"}

_SAID = re.compile(r"^[ \t]*(Request|Response):[ \t]*(harmful|unharmful)\b", re.MULTILINE)


def read(*, files: Mapping[str, Path], splits: Collection[str]) -> Iterator[Item]:
    """Yield a text sample per row of the files of ``splits``, without a source label: the data set has no categories.

    Raises:
        ValueError: When a split isn't one of `SPLITS`, a file isn't one of theirs, or it lacks a column of `COLUMNS`.
    """
    if unknown := sorted(set(splits).difference(SPLITS)):
        raise ValueError(f"{SOURCE}: splits: expected some of {', '.join(SPLITS)}; found {unknown}")
    if unknown := sorted(set(files).difference(SPLITS.values())):
        raise ValueError(f"{SOURCE}: expected files {', '.join(SPLITS.values())}; found {unknown}")
    names = {SPLITS[split] for split in splits}
    wanted = {name: path for name, path in files.items() if name in names}
    yield from read_items(wanted, source=SOURCE, columns=COLUMNS, parse=parse_record)


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
    is_answered = response.strip() not in ("", NO_RESPONSE)
    if missing := [part for part in ("Request", "Response")[: 1 + is_answered] if part not in said]:
        return Rejected(file, row, "unknown label", f"output: no {missing[0]}: harmful|unharmful after {ANSWERS}")
    sample = make_sample(
        source=SOURCE,
        modality="text",
        request=request,
        response=response if is_answered else None,
        request_label=LABELS[said["Request"]],
        response_label=LABELS[said["Response"]] if is_answered else None,
    )
    return Found(file, row, sample)
