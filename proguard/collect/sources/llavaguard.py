"""LlavaGuard: images rated against a policy. The data set holds addresses; the images come from the web, or no longer.

The rating is the label and the category is not: an image of a category may be acceptable. The authors also rate images
against rewritten policies, where the same image becomes safe; those rows are left out.
Source: hub AIML-TUDA/LlavaGuard, ``train.csv`` and ``test.csv``; arXiv 2406.05113.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from proguard.collect.item import Found, Item, Labelled, Rejected, Skipped, image_hash
from proguard.collect.records import read_items
from proguard.collect.web.image import Fault
from proguard.collect.web.images import WebImages
from proguard.sample import Label, make_sample

SOURCE = "llavaguard"

COLUMNS = ("id", "url", "rating", "category")

LABELS: Mapping[str, Label] = {"safe": "safe", "compliant": "safe", "unsafe": "unsafe", "review needed": "unsafe"}
"""Label by rating; the first releases said ``Compliant`` and ``Review Needed``."""

CATEGORIES = ("O1", "O2", "O3", "O4", "O5", "O6", "O7", "O8", "O9")

NO_CATEGORY = "NA"
"""Code of an image that is of no category; it can only be safe."""

VARIANT = "policy variant"
CONFLICT = "conflicting ratings"

_VARIANT_ID = re.compile(r"_v\d+$")

SOURCE_LABELS = CATEGORIES


def read(*, files: Mapping[str, Path], part: Literal["train", "test"], web: WebImages) -> Iterator[Item]:
    """Yield an image sample per row whose image is there and has one rating.

    Args:
        files: Paths by name in the hub repository.
        part: File that is read, by its name.
        web: Gives the images.

    Raises:
        ValueError: When the part's file is not among ``files``, or lacks a column of `COLUMNS`.
    """
    lists = {name: path for name, path in files.items() if PurePosixPath(name).name == f"{part}.csv"}
    if not lists:
        raise ValueError(f"{SOURCE}: expected {part}.csv (read.part) among the files, found {sorted(files)}")
    entries = list(read_items(lists, source=SOURCE, columns=COLUMNS, parse=parse_record))
    rated = [entry for entry in entries if isinstance(entry, Labelled)]
    found = web.fetch([entry.image for entry in rated])
    unclear = conflicting(rated, [None if isinstance(content, Fault) else image_hash(content) for content in found])
    # The second time they come out of the cache, one at a time: memory does not hold them all.
    contents = web.fetch([entry.image for entry in rated])
    for entry in entries:
        yield make_item(entry, next(contents), unclear) if isinstance(entry, Labelled) else entry


def parse_record(record: Mapping[str, Any], *, file: str, row: int) -> Labelled | Rejected | Skipped:
    """Return one row, its image yet to come."""
    rating, category = str(record.get("rating", "")).strip(), parse_category(str(record.get("category", "")))
    if _VARIANT_ID.search(str(record.get("id", "")).strip()):
        return Skipped(file, row, VARIANT)
    label = LABELS.get(rating.lower())
    if label is None:
        return Rejected(file, row, "unknown label", f"rating {rating!r}")
    if category not in (*CATEGORIES, NO_CATEGORY):
        return Rejected(file, row, "unknown label", f"category {record.get('category')!r}")
    if label == "unsafe" and category == NO_CATEGORY:
        return Rejected(file, row, "unknown label", f"rating {rating!r} of category {record['category']!r}")
    url = str(record.get("url", "")).strip()
    if not url:
        return Rejected(file, row, "missing image", "no url")
    return Labelled(file, row, url, label, category if label == "unsafe" else None)


def parse_category(text: str) -> str:
    """Return the code before the colon, which is the same whatever a release calls the category after it."""
    code = text.partition(":")[0].strip().upper()
    return NO_CATEGORY if code.startswith("NONE") else code


def conflicting(rated: Sequence[Labelled], hashes: Sequence[str | None]) -> frozenset[str]:
    """Return the hashes of images that are rated both safe and unsafe.

    Args:
        rated: Rows.
        hashes: The image of each, ``(len(rated),)``; ``None`` when it is not there.
    """
    labels: dict[str, set[Label]] = defaultdict(set)
    for entry, sha256 in zip(rated, hashes, strict=True):
        if sha256 is not None:
            labels[sha256].add(entry.label)
    return frozenset(sha256 for sha256, given in labels.items() if len(given) > 1)


def make_item(entry: Labelled, content: bytes | Fault, unclear: frozenset[str]) -> Item:
    """Return the item of a row and its image; ``unclear`` are the hashes of images that are left out."""
    if isinstance(content, Fault):
        return Rejected(entry.file, entry.row, content.reason, f"{content.detail}: {entry.image}")
    sha256 = image_hash(content)
    if sha256 in unclear:
        return Skipped(entry.file, entry.row, CONFLICT)
    sample = make_sample(
        source=SOURCE, modality="image", image=sha256, request_label=entry.label, source_label=entry.category
    )
    return Found(entry.file, entry.row, sample, content)
