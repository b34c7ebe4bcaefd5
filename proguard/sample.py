"""The one data unit of the pipeline: a labelled request, with or without an image and a response.

Absent is ``None`` everywhere: a sample without a response has the response label ``None`` and never ``"safe"``.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from proguard.text import normalise_text

Modality = Literal["text", "image", "text_image"]
Label = Literal["safe", "unsafe"]
Split = Literal["train", "test", "benchmark"]

MODALITIES: tuple[Modality, ...] = get_args(Modality)
LABELS: tuple[Label, ...] = get_args(Label)


@dataclass(frozen=True, slots=True)
class Sample:
    """One row, from collect to evaluate."""

    id: str
    """Content hash made by `sample_id`; the key that joins every artifact of the pipeline."""

    source: str
    """Name of the source that it was read from, as in ``conf/source``."""

    group: str
    """What must not be split: rows that share it share a prompt or an image."""

    modality: Modality
    """Which of text and image is judged."""

    request: str | None
    """What the user wrote; ``None`` for an image alone."""

    response: str | None
    """What the agent answered; ``None`` when nothing was answered."""

    image: str | None
    """SHA-256 of the image's bytes as the source gave them, its key in the image shards; ``None`` for text."""

    request_label: Label | None
    """Label of the request (of the image, for an image alone); ``None`` when the source has none."""

    response_label: Label | None
    """Label of the response; ``None`` when there is no response or the source gives no label."""

    category: str | None
    """Taxonomy code such as ``"C7S2"``; ``None`` when safe or not mapped."""

    source_label: str | None
    """The source's own category, as its label map spells it; ``None`` when it gives none."""

    split: Split | None
    """The split that the source fixes, ``benchmark`` for an evaluation set; ``None`` leaves it to ood_split."""

    @property
    def has_response(self) -> bool:
        """Whether there is a response to judge; a blank one counts as none."""
        return bool(self.response and self.response.strip())

    @property
    def is_unsafe(self) -> bool:
        """Whether the request or the response is unsafe."""
        return "unsafe" in (self.request_label, self.response_label)


SAMPLE_SCHEMA: dict[str, pl.DataType] = {field.name: pl.String() for field in fields(Sample)}
"""Column types of a samples table, in order."""


def read_samples(path: Path | str) -> list[Sample]:
    """Return the samples of a parquet file, in file order; other columns are left out.

    Raises:
        ValueError: When a column of `SAMPLE_SCHEMA` is missing.
    """
    table = pl.read_parquet(path)
    if missing := [name for name in SAMPLE_SCHEMA if name not in table.columns]:
        raise ValueError(f"{path}: no column {', '.join(missing)}; it has {', '.join(table.columns)}")
    return [Sample(**row) for row in table.select(list(SAMPLE_SCHEMA)).iter_rows(named=True)]


def content_hash(*parts: str | None) -> str:
    """Return the first 16 hex digits of the SHA-256 of ``parts`` as JSON: stable across machines."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]


def relabel(sample: Sample, *, source: str, split: Split | None) -> Sample:
    """Return ``sample`` as one of ``source`` and ``split``, with the id that it has there."""
    if (source, split) == (sample.source, sample.split):
        return sample
    content = (sample.modality, sample.request, sample.response, sample.image)
    return replace(sample, id=content_hash(source, *content), source=source, split=split)


def make_sample(
    *,
    source: str,
    modality: Modality,
    request: str | None = None,
    response: str | None = None,
    image: str | None = None,
    request_label: Label | None,
    response_label: Label | None = None,
    category: str | None = None,
    source_label: str | None = None,
    split: Split | None = None,
    group: str | None = None,
) -> Sample:
    """Build a `Sample`, its id from its content.

    Args:
        response: A blank one counts as none.
        group: Key of what must not be split; by default the image, otherwise the normalised request.

    Raises:
        TypeError: When a field is no text.
        ValueError: When the fields contradict the modality, a label is not one of `LABELS`, or a text holds half of a
            surrogate pair.
    """
    texts = {"request": request, "response": response, "image": image, "group": group}
    _check_texts(source, texts | {"category": category, "source_label": source_label})
    where = f"{source}: {modality} sample {(request or image or '')[:60]!r}"
    if modality not in MODALITIES:
        raise ValueError(f"{where}: modality must be one of {MODALITIES}, found {modality!r}")
    if (modality != "image") != bool(request and request.strip()):
        raise ValueError(f"{where}: request must be {'absent' if modality == 'image' else 'a text'}")
    if (modality != "text") != bool(image):
        raise ValueError(f"{where}: image must be {'absent' if modality == 'text' else 'a hash'}")
    if response is not None and not response.strip():
        response = None
    if modality == "image" and response is not None:
        raise ValueError(f"{where}: response must be absent from an image alone")
    if response_label is not None and response is None:
        raise ValueError(f"{where}: response_label {response_label!r} without a response")
    for name, label in (("request_label", request_label), ("response_label", response_label)):
        if label is not None and label not in LABELS:
            raise ValueError(f"{where}: {name} must be one of {LABELS} or None, found {label!r}")
    return Sample(
        id=content_hash(source, modality, request, response, image),
        source=source,
        group=group or image or content_hash(normalise_text(request or "")),
        modality=modality,
        request=request,
        response=response,
        image=image,
        request_label=request_label,
        response_label=response_label,
        category=category,
        source_label=source_label,
        split=split,
    )


def _check_texts(source: str, texts: Mapping[str, object]) -> None:
    for name, text in texts.items():
        if not isinstance(text, str | None):
            raise TypeError(f"{source}: {name} must be a text or None, found {type(text).__name__}")
        (text or "").encode()
