"""What a source yields, sorted into samples, duplicates and rejected rows, and counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from proguard.images import CheckedImage, ImageShards, check_image
from proguard.sample import Sample
from proguard.sources.item import Found, Item, Rejected

QUARANTINE_SCHEMA: dict[str, pl.DataType] = {
    "source": pl.String(),
    "file": pl.String(),
    "row": pl.Int64(),
    "reason": pl.String(),
    "detail": pl.String(),
}

_N_SHOWN = 5


@dataclass(slots=True)
class Intake:
    """What one source gave; it fills up while the source is read."""

    rows: int = 0
    """Rows read, the rejected ones and the duplicates included."""

    samples: dict[str, Sample] = field(default_factory=dict)
    """Samples by id, in order of arrival."""

    rejected: list[Rejected] = field(default_factory=list)

    duplicates: int = 0
    """Rows with the content of an earlier row, which is the one that is kept."""

    conflicts: int = 0
    """Those of the duplicates whose label, source label or split differs from the earlier row's."""


def take_in(items: Iterable[Item], *, shards: ImageShards, max_pixels: int) -> Intake:
    """Return ``items``, sorted; the images of samples that are kept go to ``shards``.

    Raises:
        ValueError: When a sample names another image than it came with, which is an error of its source.
    """
    intake = Intake()
    for item in items:
        intake.rows += 1
        checked = _check(item, max_pixels=max_pixels) if isinstance(item, Found) else item
        if isinstance(checked, Rejected):
            intake.rejected.append(checked)
        elif item.sample.id in intake.samples:
            intake.duplicates += 1
            intake.conflicts += intake.samples[item.sample.id] != item.sample
        else:
            intake.samples[item.sample.id] = item.sample
            if checked is not None:
                shards.add(checked)
    return intake


def check_rows(source: str, intake: Intake, *, expected_rows: int | None, max_bad_share: float) -> None:
    """Do nothing when ``source`` gave as many rows as expected, and few enough bad ones.

    Args:
        source: Name of the source, for the message.
        intake: What it gave.
        expected_rows: Rows that the edition holds; ``None`` accepts any number but 0.
        max_bad_share: Largest share of rows that may be rejected, in [0, 1].

    Raises:
        ValueError: When it did not; the message shows the first bad rows.
    """
    if intake.rows == 0 or expected_rows not in (None, intake.rows):
        raise ValueError(
            f"{source}: expected {expected_rows or 'some'} rows (collect.sources.{source}), found {intake.rows}"
        )
    share = len(intake.rejected) / intake.rows
    if share > max_bad_share:
        first = intake.rejected[:_N_SHOWN]
        shown = "; ".join(f"{r.file} row {r.row}: {r.reason} ({r.detail})" for r in first)
        raise ValueError(
            f"{source}: {len(intake.rejected)} of {intake.rows} rows ({share:.1%}) are bad, more than "
            f"collect.max_bad_share {max_bad_share:.1%}: {shown}"
        )


def quarantine_table(intakes: Mapping[str, Intake]) -> pl.DataFrame:
    """Return the rejected rows of all sources, sorted by source, file and row."""
    rows = [(s, r.file, r.row, r.reason, r.detail) for s, i in intakes.items() for r in i.rejected]
    return pl.DataFrame(rows, schema=QUARANTINE_SCHEMA, orient="row").sort(list(QUARANTINE_SCHEMA))


def summarise(intakes: Mapping[str, Intake]) -> dict[str, Any]:
    """Return the counts of each source, under ``sources``, and of all, under ``total``."""
    whole = Intake(
        rows=sum(i.rows for i in intakes.values()),
        samples={id_: sample for i in intakes.values() for id_, sample in i.samples.items()},
        rejected=[r for i in intakes.values() for r in i.rejected],
        duplicates=sum(i.duplicates for i in intakes.values()),
        conflicts=sum(i.conflicts for i in intakes.values()),
    )
    return {"sources": {name: _count(i) for name, i in intakes.items()}, "total": _count(whole)}


def _count(intake: Intake) -> dict[str, Any]:
    samples = intake.samples.values()
    return {
        "rows": intake.rows,
        "samples": len(samples),
        "duplicates": intake.duplicates,
        "conflicts": intake.conflicts,
        "quarantined": dict(Counter(r.reason for r in intake.rejected)),
        "modality": dict(Counter(s.modality for s in samples)),
        "request_label": dict(Counter(s.request_label or "absent" for s in samples)),
        "response_label": dict(Counter(s.response_label or "absent" for s in samples)),
    }


def _check(found: Found, *, max_pixels: int) -> CheckedImage | Rejected | None:
    if found.image is None and found.sample.image is None:
        return None
    if not found.image:
        return Rejected(found.file, found.row, "empty image")
    try:
        checked = check_image(found.image, max_pixels)
    except ValueError as error:
        # The message itself is left out: Pillow puts a memory address into it, which differs from run to run.
        reason = "huge image" if "pixels" in str(error) else "undecodable image"
        return Rejected(found.file, found.row, reason, f"{len(found.image)} bytes")
    if checked.sha256 != found.sample.image:
        raise ValueError(
            f"{found.sample.source}: {found.file} row {found.row}: the sample names image "
            f"{found.sample.image}, it came with {checked.sha256}"
        )
    return checked
