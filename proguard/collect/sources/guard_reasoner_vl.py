"""GuardReasoner-VL, image part: images that a teacher reasons about, safe or not, without a category.

The label stands in the teacher's text, whose reasoning may name verdicts as well: the last one counts. The frame around
an image holds no text of a user and no answer, so a sample is the image alone.
Source: hub yueliu1999/GuardReasoner-VLTrain, ``GuardReasoner-VLTrainImage.json`` and ``image``; arXiv 2505.11049.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, image_hash
from proguard.collect.records import read_items
from proguard.sample import Label, make_sample

SOURCE = "guard_reasoner_vl"

COLUMNS = ("messages", "images")

LABELS: Mapping[str, Label] = {"harmful": "unsafe", "unharmful": "safe", "harmless": "safe", "none": "safe"}
"""Label by the teacher's word; it writes all three of the harmless ones."""

_REQUEST = re.compile(r"\brequest:\s*(\w+)", re.IGNORECASE)


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield an image sample per row of the lists among ``files``, the other files being their images.

    Raises:
        ValueError: When a list lacks a column of `COLUMNS`, or there is no list.
    """
    lists = {name: path for name, path in files.items() if name.endswith(".json")}
    if not lists:
        raise ValueError(f"{SOURCE}: expected a list of rows (*.json) among the files, found {sorted(files)[:3]}")
    yield from read_items(lists, source=SOURCE, columns=COLUMNS, parse=partial(parse_record, files=files))


def parse_record(record: Mapping[str, Any], *, files: Mapping[str, Path], file: str, row: int) -> Item:
    """Return the item of one row; its image is the file of ``files`` that its path ends in."""
    images, text = record.get("images"), _teacher_text(record.get("messages"))
    if not (isinstance(images, list) and len(images) == 1 and isinstance(images[0], str)):
        return Rejected(file, row, "wrong type", "images is a list of one path")
    if text is None:
        return Rejected(file, row, "wrong type", "messages is a list with a text of the assistant")
    words = _REQUEST.findall(text)
    label = LABELS.get(words[-1].lower()) if words else None
    if label is None:
        return Rejected(file, row, "unknown label", f"request {words[-1]!r}" if words else "no request")
    path = find_image(images[0], files)
    if path is None:
        return Rejected(file, row, "missing image", images[0])
    content = path.read_bytes()
    sample = make_sample(source=SOURCE, modality="image", image=image_hash(content), request_label=label)
    return Found(file, row, sample, content)


def find_image(path: str, files: Mapping[str, Path]) -> Path | None:
    """Return the file that ``path`` names from its folder ``image`` on; ``None`` when there is none.

    The authors' rows say ``data/image/1.png`` of what the repository has as ``image/1.png``.
    """
    parts = path.split("/")
    if "image" not in parts:
        return None
    return files.get("/".join(parts[parts.index("image") :]))


def _teacher_text(messages: Any) -> str | None:
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        return None
    texts = [message.get("content") for message in messages if message.get("role") == "assistant"]
    return texts[-1] if texts and isinstance(texts[-1], str) else None
