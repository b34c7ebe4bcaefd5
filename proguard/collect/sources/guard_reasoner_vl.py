"""GuardReasoner-VL, image part: images that a teacher reasons about, safe or not, without a category.

The label is in the teacher's text, whose reasoning may name verdicts as well: the last one counts. The frame around
an image holds no text of a user and no answer, so a sample is the image alone.
Source: hub yueliu1999/GuardReasoner-VLTrain, ``GuardReasoner-VLTrainImage.json`` and ``image``; arXiv 2505.11049.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from proguard.collect.archives import ZipImages
from proguard.collect.item import Found, Item, Rejected, image_hash
from proguard.collect.records import read_items
from proguard.sample import Label, make_sample

SOURCE = "guard_reasoner_vl"

COLUMNS = ("messages", "images")

LABELS: Mapping[str, Label] = {"harmful": "unsafe", "unharmful": "safe", "harmless": "safe", "none": "safe"}
"""Label by the teacher's word; it writes all three of the harmless ones."""

_REQUEST = re.compile(r"\brequest:\s*(\w+)", re.IGNORECASE)

SOURCE_LABELS: tuple[str, ...] = ()


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield an image sample per row of the lists among ``files``, the other files being their images, or a zip of them.

    Raises:
        ValueError: When a list lacks a column of `COLUMNS`, there is no list, or a zip is broken.
    """
    lists = {name: path for name, path in files.items() if name.endswith(".json")}
    if not lists:
        raise ValueError(f"{SOURCE}: expected a list of rows (*.json) among the files, found {sorted(files)[:3]}")
    parts = tuple(path for name, path in files.items() if ".zip" in PurePosixPath(name).name)
    with ZipImages(parts) if parts else nullcontext() as archive:
        parse = partial(parse_record, files=files, archive=archive)
        yield from read_items(lists, source=SOURCE, columns=COLUMNS, parse=parse)


def parse_record(
    record: Mapping[str, Any], *, files: Mapping[str, Path], archive: ZipImages | None = None, file: str, row: int
) -> Item:
    """Return the item of one row; `read_image` says where its image is."""
    images, text = record.get("images"), _teacher_text(record.get("messages"))
    if not (isinstance(images, list) and len(images) == 1 and isinstance(images[0], str)):
        return Rejected(file, row, "wrong type", "images is a list of one path")
    if text is None:
        return Rejected(file, row, "wrong type", "messages is a list with a text of the assistant")
    words = _REQUEST.findall(text)
    label = LABELS.get(words[-1].lower()) if words else None
    if label is None:
        return Rejected(file, row, "unknown label", f"request {words[-1]!r}" if words else "no request")
    try:
        content = read_image(images[0], files, archive)
    except KeyError:
        return Rejected(file, row, "missing image", images[0])
    except ValueError as error:
        return Rejected(file, row, "unsafe archive entry", f"{images[0]}: {error}")
    sample = make_sample(source=SOURCE, modality="image", image=image_hash(content), request_label=label)
    return Found(file, row, sample, content)


def read_image(path: str, files: Mapping[str, Path], archive: ZipImages | None = None) -> bytes:
    """Return the bytes of the image that ``path`` names from its folder ``image`` on.

    The authors' rows say ``data/image/1.png`` of what the repository has as ``image/1.png``.

    Raises:
        KeyError: When there is none.
        ValueError: When the entry of ``archive`` is refused, or broken.
    """
    _, is_ours, name = f"/{path}".partition("/image/")
    if not is_ours:
        raise KeyError(path)
    if archive is None:
        return files[f"image/{name}"].read_bytes()
    try:
        return archive.read(f"image/{name}")
    except KeyError:
        return archive.read(name)


def _teacher_text(messages: Any) -> str | None:
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        return None
    texts = [message.get("content") for message in messages if message.get("role") == "assistant"]
    return texts[-1] if texts and isinstance(texts[-1], str) else None
