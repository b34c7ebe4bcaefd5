"""T2ISafety: images, mostly generated, that people labelled for toxicity and privacy; its fairness rows are left out.

The label is what the assistant says of the image. The category of the text that an image was generated from is not: a
harmless picture may come of a harmful text. Several rows may show one image, under one path or more.
Source: hub OpenSafetyLab/t2i_safety_dataset, ``hf_<part>_toxicity_privacy_*.json`` and the zip of each part; arXiv
2501.12612.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from proguard.collect.archives import ZipImages
from proguard.collect.item import Found, Item, Labelled, Rejected, Skipped, image_hash
from proguard.collect.records import read_items
from proguard.sample import Label, make_sample

SOURCE = "t2i_safety"

COLUMNS = ("base_category", "conversations", "image")

CATEGORIES = (
    "sexual",
    "hate",
    "humiliation",
    "violence",
    "illegal activity",
    "disturbing",
    "public figures",
    "personal identification documents",
    "intellectual property violation",
)

FAIRNESS = "fairness row"
CONFLICT = "conflicting labels"
DUPLICATE = "duplicate image"
OF_TEST = "image of the test part"

_BETWEEN_LABELS = re.compile(r"\n|,|\band\b")

Print = tuple[int, int]
"""Checksum and size, which equal images share; see `ZipImages.fingerprint`."""

SOURCE_LABELS = CATEGORIES


def read(*, files: Mapping[str, Path], part: Literal["train", "test"]) -> Iterator[Item]:
    """Yield an image sample for the first row of each image of ``part`` that has one label.

    Args:
        files: Paths by name in the hub repository: lists of rows, and the parts of the zips in order. The zip of the
            test part is needed for both, since its images are left out of train.
        part: Whose lists and images are read.

    Raises:
        ValueError: When a list or a zip is not among ``files``, a zip is broken, or a list lacks a column.
    """
    is_list = re.compile(rf"(^|/)hf_{part}_toxicity_privacy_\w+\.json$").search
    lists = {name: path for name, path in files.items() if is_list(name)}
    if not lists:
        raise ValueError(f"{SOURCE}: expected hf_{part}_toxicity_privacy_*.json (read.part), found {sorted(files)}")
    entries = list(read_items(lists, source=SOURCE, columns=COLUMNS, parse=parse_record))
    with ZipImages(_zip_paths(files, part)) as images:
        yield from make_items(entries, images, held_out=_test_prints(files) if part == "train" else frozenset())


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Labelled | Rejected | Skipped:
    """Return one row, its image yet to come; the category is the first label of several."""
    if record.get("base_category") == "fairness":
        return Skipped(file, row, FAIRNESS)
    image, text = record.get("image"), _assistant_text(record.get("conversations"))
    if not (isinstance(image, list) and len(image) == 1 and isinstance(image[0], str)):
        return Rejected(file, row, "wrong type", "image is a list of one path")
    if text is None:
        return Rejected(file, row, "wrong type", "conversations is a list with a text of the assistant")
    verdict, named = parse_labels(text)
    label: Label = "unsafe" if named else "safe"
    if verdict != label or not set(named) <= set(CATEGORIES):
        return Rejected(file, row, "unknown label", repr(text[:100]))
    return Labelled(file, row, image[0].removeprefix("./"), label, named[0] if named else None)


def parse_labels(text: str) -> tuple[str, list[str]]:
    """Return the first word of ``text`` and the labels after it, in lower case."""
    verdict, *rest = text.lower().strip().split(maxsplit=1) or [""]
    labels = [" ".join(label.split()) for label in _BETWEEN_LABELS.split(rest[0])] if rest else []
    return verdict.strip(",:."), [label for label in labels if label]


def make_items(
    entries: Iterable[Labelled | Rejected | Skipped], images: ZipImages, *, held_out: frozenset[Print]
) -> Iterator[Item]:
    """Yield the item of each entry, in order.

    Args:
        entries: Rows of the lists.
        images: Their images.
        held_out: Images that are left out.
    """
    entries = list(entries)
    labels: dict[Print | None, set[Label]] = defaultdict(set)
    for entry in entries:
        if isinstance(entry, Labelled):
            labels[images.fingerprint(entry.image)].add(entry.label)
    seen: set[Print] = set()
    for entry in entries:
        if not isinstance(entry, Labelled):
            yield entry
            continue
        fingerprint = images.fingerprint(entry.image)
        if fingerprint is None:
            yield Rejected(entry.file, entry.row, "missing image", entry.image)
        elif fingerprint in held_out:
            yield Skipped(entry.file, entry.row, OF_TEST)
        elif len(labels[fingerprint]) > 1:
            yield Skipped(entry.file, entry.row, CONFLICT)
        elif fingerprint in seen:
            yield Skipped(entry.file, entry.row, DUPLICATE)
        else:
            seen.add(fingerprint)
            yield _make_item(entry, images)


def _make_item(entry: Labelled, images: ZipImages) -> Item:
    try:
        content = images.read(entry.image)
    except ValueError as error:
        return Rejected(entry.file, entry.row, "unsafe archive entry", f"{entry.image}: {error}")
    sample = make_sample(
        source=SOURCE,
        modality="image",
        image=image_hash(content),
        request_label=entry.label,
        source_label=entry.category,
    )
    return Found(entry.file, entry.row, sample, content)


def _assistant_text(conversations: Any) -> str | None:
    if not isinstance(conversations, list) or not all(isinstance(turn, dict) for turn in conversations):
        return None
    texts = [turn.get("value") for turn in conversations if turn.get("from") == "assistant"]
    return texts[-1] if texts and isinstance(texts[-1], str) else None


def _zip_paths(files: Mapping[str, Path], part: str) -> tuple[Path, ...]:
    paths = tuple(path for name, path in files.items() if PurePosixPath(name).name.startswith(f"{part}.zip"))
    if not paths:
        raise ValueError(f"{SOURCE}: expected {part}.zip, or its parts, among the files, found {sorted(files)}")
    return paths


def _test_prints(files: Mapping[str, Path]) -> frozenset[Print]:
    with ZipImages(_zip_paths(files, "test")) as images:
        return images.fingerprints()
