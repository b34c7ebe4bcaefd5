"""What a source yields: a sample with its image, a row that can't be one, or one that is left out by rule.

A source is a module of this folder with ``read(...) -> Iterator[Item]``, which takes what conf/source says
under ``read`` and, when it reads files, ``files``: the path on this machine by path in the authors' repository.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from proguard.sample import Label, Sample

Reason = Literal[
    "unreadable row",
    "not valid Unicode",
    "wrong type",
    "empty text",
    "unknown label",
    "missing image",
    "empty image",
    "undecodable image",
    "huge image",
    "narrow image",
    "animated image",
    "unsafe address",
    "dead link",
    "unsafe archive entry",
]
"""Why a row is bad."""


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

    annotation_text: str | None = None
    """What the sample is about, in words outside of it: only annotators read it. ``None`` without such."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that goes to quarantine."""

    file: str
    row: int
    reason: Reason
    detail: str | None = None
    """What was found; the same on every machine."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A good row that a rule of the source leaves out: counted by reason, and no part of the bad share."""

    file: str
    row: int
    reason: str
    """A few words, the same for all rows of the rule, such as ``redacted prompt``."""


Item = Found | Rejected | Skipped


@dataclass(frozen=True, slots=True)
class Labelled:
    """A good row of an image, which becomes an item once the source has looked at all rows and fetched the image."""

    file: str
    row: int
    image: str
    """Where the image is: an address, or a path in an archive."""

    label: Label
    category: str | None
    """The source's own category of an unsafe image; ``None`` when it is safe."""


def text_fault(text: object) -> Reason | None:
    """Return why ``text`` can't be a request or a response; ``None`` when it can.

    JSON can spell a lone surrogate, half of a character outside the first 65,536, and UTF-8 can't.
    """
    if not isinstance(text, str):
        return "wrong type"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "not valid Unicode"
    return None if text.strip() else "empty text"


def image_hash(content: bytes) -> str:
    """Return the SHA-256 that a sample refers to its image by."""
    return hashlib.sha256(content).hexdigest()
