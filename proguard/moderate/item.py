"""Items: what an application asks about, and the samples that a guard is asked about for it.

A guard reads one image at most, and every prompt has a request or an image. So several images are judged one by one,
each with the texts, and a response without a request is judged as a text of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proguard.sample import Sample, make_sample
from proguard.storage.image import NormalImage, decode_image

MAX_PIXELS = 40_000_000
"""Most pixels of an image: collect's default."""

ImageSource = bytes | str | Path | NormalImage
"""Encoded image, the path of an image file, or an image that was checked before."""


@dataclass(frozen=True, slots=True)
class Item:
    """What is judged together."""

    request: str | None = None
    """What the user wrote."""

    response: str | None = None
    """What the agent answered."""

    images: tuple[NormalImage, ...] = ()

    @property
    def chars(self) -> int:
        """Characters of the longer text."""
        return max(len(self.request or ""), len(self.response or ""))


@dataclass(frozen=True, slots=True)
class Subject:
    """A sample made of an item, or of a part of it, for one prompt."""

    sample: Sample
    image: bytes | None
    covers: tuple[str, ...]
    """Names of what it holds of the item."""

    is_lone_response: bool = False
    """Whether the response is in the place of the request, so that the request's label is the response's."""


def make_item(*, request: str | None = None, response: str | None = None, images: Sequence[ImageSource] = ()) -> Item:
    """Return an item whose texts and images are checked. A blank text counts as none.

    Raises:
        ValueError: When nothing is given, a text cannot be encoded, or an image does not decode; the message names it.
    """
    texts = {"request": request, "response": response}
    for name, text in texts.items():
        texts[name] = _check_text(name, text)
    checked = tuple(_read_image(source, f"image {i}") for i, source in enumerate(images, 1))
    if not checked and not any(texts.values()):
        raise ValueError("nothing to judge: give a request, a response or an image")
    return Item(**texts, images=checked)


def check_item(item: Item) -> Item:
    """Return an item that was made by hand as `make_item` makes it.

    Raises:
        ValueError: As `make_item` does.
    """
    return make_item(request=item.request, response=item.response, images=item.images)


def read_item(content: Any, *, folder: Path | None = None) -> Item:
    """Return the item of a mapping with ``request``, ``response`` and ``images``, as in a line of JSON.

    Args:
        folder: Where relative image paths start; ``None`` takes the working directory.

    Raises:
        ValueError: When a key or a value is not of that form; the message names it.
    """
    if not isinstance(content, Mapping):
        raise ValueError(f"expected a mapping with request, response or images, found {type(content).__name__}")
    if unknown := sorted(set(content) - {"id", "request", "response", "image", "images"}):
        raise ValueError(f"unknown key {', '.join(map(repr, unknown))}: expected request, response, image or images")
    images = content.get("images")
    images = [] if images is None else images
    if not isinstance(images, Sequence) or isinstance(images, str | bytes):
        raise ValueError(f"images: expected a list, found {type(images).__name__}")
    sources = [*([content["image"]] if content.get("image") is not None else []), *images]
    placed = [folder / s if folder and isinstance(s, str) else s for s in sources]
    return make_item(request=content.get("request"), response=content.get("response"), images=placed)


def subjects_of(item: Item) -> list[Subject]:
    """Return the samples that a guard is asked about to judge all of ``item``."""
    texts = tuple(name for name in ("request", "response") if getattr(item, name) is not None)
    if item.request is not None:
        if not item.images:
            return [_subject(item, None, texts)]
        return [_subject(item, image, (*texts, f"image {i}")) for i, image in enumerate(item.images, 1)]
    subjects = [_subject(Item(), image, (f"image {i}",)) for i, image in enumerate(item.images, 1)]
    if item.response is not None:
        alone = _subject(Item(request=item.response), None, ("response",))
        subjects.append(Subject(alone.sample, None, alone.covers, is_lone_response=True))
    return subjects


def _subject(texts: Item, image: NormalImage | None, covers: tuple[str, ...]) -> Subject:
    sample = make_sample(
        source="moderate",
        modality="text" if image is None else "image" if texts.request is None else "text_image",
        request=texts.request,
        response=texts.response,
        image=None if image is None else image.sha256,
        request_label=None,
    )
    return Subject(sample, None if image is None else image.content, covers)


def _check_text(name: str, text: Any) -> str | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise ValueError(f"{name}: expected a text, found {type(text).__name__}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name}: half of a surrogate pair at character {error.start}") from None
    return text if text.strip() else None


def _read_image(source: Any, name: str) -> NormalImage:
    if isinstance(source, NormalImage):
        return source
    if not isinstance(source, bytes | str | Path):
        raise ValueError(f"{name}: expected bytes or a path, found {type(source).__name__}")
    where = name if isinstance(source, bytes) else f"{name} ({source})"
    try:
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
        return decode_image(content, max_pixels=MAX_PIXELS).for_engine()
    except (OSError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from error
