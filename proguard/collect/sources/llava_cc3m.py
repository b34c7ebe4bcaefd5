"""LLaVA-CC3M-Pretrain: photographs from the web with an instruction to describe them and a caption: all safe.

Nobody has labelled them; they are safe as everyday material is, so annotators may disagree. Captions keep the
placeholders of CC-3M, such as ``<PERSON>``.
Source: hub liuhaotian/LLaVA-CC3M-Pretrain-595K, ``chat.json`` and ``images.zip``; arXiv 2304.08485.
"""

import hashlib
import heapq
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from proguard.collect.archives import ZipImages
from proguard.collect.item import Found, Item, Rejected, Skipped, image_hash, text_fault
from proguard.collect.records import parse_row, read_checked
from proguard.sample import make_sample

SOURCE = "llava_cc3m"

ROWS = "chat.json"
IMAGES = "images.zip"
COLUMNS = ("id", "image", "conversations")

IMAGE_MARK = "<image>"
"""Where the instruction wants the image; no part of what the user says."""

NOT_DRAWN = "not drawn"

Row = tuple[int, dict[str, Any] | ValueError]

SOURCE_LABELS: tuple[str, ...] = ()


def read(*, files: Mapping[str, Path], limit: int | None, seed: int) -> Iterator[Item]:
    """Yield a safe text_image sample per row that is drawn, and a skipped row for each of the others.

    Args:
        files: `ROWS` and `IMAGES` by name in the hub repository.
        limit: Rows that are drawn; ``None`` takes all.
        seed: Seed of the draw, which looks at the ids and not at the order of rows.

    Raises:
        ValueError: When a file is missing, or the rows lack a column of `COLUMNS`.
    """
    if missing := [name for name in (ROWS, IMAGES) if name not in files]:
        raise ValueError(f"{SOURCE}: expected {ROWS} and {IMAGES} among the files, missing {', '.join(missing)}")
    rows = read_checked(files[ROWS], name=ROWS, source=SOURCE, columns=COLUMNS)
    with ZipImages((files[IMAGES],)) as images:
        for row, record in draw_rows(rows, limit=limit, seed=seed):
            if record is None:
                yield Skipped(ROWS, row, NOT_DRAWN)
            else:
                yield parse_row(partial(parse_record, images=images), record, file=ROWS, row=row)


def draw_rows(rows: Iterable[Row], *, limit: int | None, seed: int) -> Iterator[tuple[int, Any]]:
    """Yield number and content of each of ``rows``, in order, the content ``None`` of those that are not drawn.

    Memory holds ``limit`` rows; without a limit, one.
    """
    if limit is None:
        yield from rows
        return
    n_rows = 0

    def ranked() -> Iterator[tuple[str, int, Any]]:
        nonlocal n_rows
        for n_rows, content in rows:
            yield _rank(content, seed), n_rows, content

    drawn = {row: content for _, row, content in heapq.nsmallest(limit, ranked(), key=lambda ranked: ranked[:2])}
    for row in range(1, n_rows + 1):
        yield row, drawn.get(row)


def parse_record(record: Mapping[str, Any], *, images: ZipImages, file: str, row: int) -> Item:
    """Return the item of one row."""
    request, caption, image = _said_by("human", record), _said_by("gpt", record), record.get("image")
    request = request.replace(IMAGE_MARK, "").strip() if isinstance(request, str) else request
    for who, text in (("human", request), ("gpt", caption)):
        if fault := text_fault(text):
            return Rejected(file, row, fault, who)
    if not isinstance(image, str):
        return Rejected(file, row, "missing image", f"image {image!r}")
    try:
        content = images.read(image)
    except KeyError:
        return Rejected(file, row, "missing image", image)
    except ValueError as error:
        return Rejected(file, row, "unsafe archive entry", f"{image}: {error}")
    sample = make_sample(
        source=SOURCE,
        modality="text_image",
        request=request,
        response=caption,
        image=image_hash(content),
        request_label="safe",
        response_label="safe",
    )
    return Found(file, row, sample, content)


def _rank(content: dict[str, Any] | ValueError, seed: int) -> str:
    name = content.get("id") if isinstance(content, dict) else None
    return hashlib.sha256(f"{seed} {name}".encode(errors="backslashreplace")).hexdigest()


def _said_by(who: str, record: Mapping[str, Any]) -> Any:
    """Return the first thing that ``who`` says; ``None`` when there is none."""
    turns = record.get("conversations")
    if not isinstance(turns, list):
        return None
    return next((turn.get("value") for turn in turns if isinstance(turn, dict) and turn.get("from") == who), None)
