"""What a source yields: a sample with its image, or a row that can't be one; each says where it was read.

A source is a module of this folder with ``read(...) -> Iterator[Item]``, which takes what conf/source says
under ``read`` and, when it reads files, ``files``: the path on this machine by path in the authors' repository.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from proguard.sample import Sample

Reason = Literal[
    "unreadable row",
    "wrong type",
    "empty text",
    "unknown label",
    "missing image",
    "empty image",
    "undecodable image",
    "huge image",
]


@dataclass(frozen=True, slots=True)
class Found:
    """A sample; its image is decoded later, by collect."""

    file: str
    """File of the source that it was read from."""

    row: int
    """Row of the file, from 1, a header not counted."""

    sample: Sample
    image: bytes | None = None
    """Bytes of the image; ``None`` for text."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that goes to quarantine."""

    file: str
    row: int
    reason: Reason
    detail: str | None = None
    """What was found; the same on every machine."""


Item = Found | Rejected


def text_fault(text: object) -> Reason | None:
    """Return why ``text`` can't be a request or a response; ``None`` when it can.

    A lone surrogate, which JSON can spell and UTF-8 can't, makes a row unreadable.
    """
    if not isinstance(text, str):
        return "wrong type"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "unreadable row"
    return None if text.strip() else "empty text"


def image_hash(content: bytes) -> str:
    """Return the SHA-256 that a sample refers to its image by."""
    return hashlib.sha256(content).hexdigest()
