"""The training data that the paper's authors published: text, images and both, in the paper's own categories.

Its schema is read off other people's loaders and the authors' reward code, not off the data. So what is known to be
there has to be, what is likely is read where it is, and a row of any other shape is rejected with what was found.
``original_category`` is a name of the taxonomy and says what the risk is even when ``category``, the id that the prompt
showed, is empty because it was hidden. Where only the id is there it counts as a code, which it is as long as the ids
of the prompts were not shuffled.
Source: hub yushaohan/ProGuard-data; arXiv 2512.23573.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.collect.item import Found, Item, Rejected, Skipped, image_hash, text_fault
from proguard.collect.json_rows import load_json
from proguard.collect.records import read_items
from proguard.sample import LABELS, Modality, make_sample

SOURCE = "proguard_data"

COLUMNS = ("modality", "message", "query_label", "response_label", "category")

MODALITY: Mapping[str, Modality] = {
    "text": "text",
    "image": "image",
    "text_image": "text_image",
    "text-image": "text_image",
    "image-text": "text_image",
}

IMAGE_TAG = "<image>"
"""Where verl puts an image into a message; no word of the user."""

ROLES = ("user", "assistant")

SOURCE_LABELS = None
"""Any: names of the taxonomy, or its codes."""


def read(*, files: Mapping[str, Path]) -> Iterator[Item]:
    """Yield a sample per row; source label of an unsafe one: the name of its category, by default the id.

    Raises:
        ValueError: When a file lacks a column of `COLUMNS`.
    """
    yield from read_items(files, source=SOURCE, columns=COLUMNS, parse=parse_record)


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Item:
    """Return the item of one row; a dialogue of several turns is skipped, as a sample has one."""
    modality = MODALITY.get(str(record.get("modality")))
    labels = [_present(record.get(column)) for column in ("query_label", "response_label")]
    if modality is None or labels[0] is None or any(label not in (*LABELS, None) for label in labels):
        return Rejected(file, row, "unknown label", f"modality {record.get('modality')!r}, labels {labels}")
    texts = [] if modality == "image" else parse_message(record.get("message"))
    if isinstance(texts, ValueError):
        return Rejected(file, row, "wrong type", f"message: {texts}")
    if len(texts) > len(ROLES):
        return Skipped(file, row, "several turns")
    request, response = [*texts, None, None][:2]
    if modality != "image" and (fault := text_fault(request)):
        return Rejected(file, row, fault, "message: user")
    image = None if modality == "text" else parse_image(record.get("images", record.get("image")))
    if isinstance(image, ValueError):
        return Rejected(file, row, "missing image", str(image))
    has_response = bool(response and response.strip())
    sample = make_sample(
        source=SOURCE,
        modality=modality,
        request=request,
        response=response,
        image=None if image is None else image_hash(image),
        request_label=labels[0],
        response_label=labels[1] if has_response else None,
        source_label=_source_label(record) if "unsafe" in labels[: 1 + has_response] else None,
    )
    return Found(file, row, sample, image)


def parse_message(message: object) -> list[str] | ValueError:
    """Return the texts of the turns of ``message``, a JSON text, the user's first; or what is wrong with it."""
    if not isinstance(message, str):
        return ValueError(f"expected a JSON text, found {type(message).__name__}")
    try:
        turns = load_json(message)
    except ValueError as error:
        return error
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        return ValueError("expected a list of objects with role and content")
    for i, turn in enumerate(turns):
        if turn.get("role") != ROLES[i % 2] or not isinstance(turn.get("content"), str):
            return ValueError(f"turn {i + 1}: expected a text of the {ROLES[i % 2]}, found role {turn.get('role')!r}")
    return [turn["content"].replace(IMAGE_TAG, "").strip() for turn in turns]


def parse_image(images: object) -> bytes | ValueError:
    """Return the bytes of the one image, or what is wrong.

    Args:
        images: An image or a list with one: bytes, ``{"bytes": ..., "path": ...}``, or base64 with or without a
            ``data:`` head.
    """
    listed = images if isinstance(images, list) else [images]
    if len(listed) != 1:
        return ValueError(f"expected one image, found {len(listed)}")
    image = listed[0]["bytes"] if isinstance(listed[0], dict) and "bytes" in listed[0] else listed[0]
    if isinstance(image, bytes):
        return image
    if not isinstance(image, str):
        return ValueError(f"expected bytes, an object with bytes, or base64, found {type(image).__name__}")
    try:
        return base64.b64decode(image.rpartition(",")[2], validate=True)
    except binascii.Error as error:
        return ValueError(f"not base64: {error}")


def _source_label(record: Mapping[str, Any]) -> Any:
    name = _present(record.get("original_category"))
    return _present(record["category"]) if name is None else name


def _present(value: Any) -> Any:
    """Return ``value``, and ``None`` for the empty text that says that there is none."""
    return None if value == "" else value
