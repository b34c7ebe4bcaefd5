"""What a source yields, sorted into samples, duplicates, rejected and skipped rows, and counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from proguard.collect.image_shards import CheckedImage, ImageShards
from proguard.collect.item import Item, Rejected, Skipped
from proguard.sample import SAMPLE_SCHEMA, Sample

QUARANTINE_SCHEMA: dict[str, pl.DataType] = {
    "source": pl.String(),
    "file": pl.String(),
    "row": pl.Int64(),
    "reason": pl.String(),
    "detail": pl.String(),
}

_CHUNK_SAMPLES = 10_000
_N_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What one source gave."""

    rows: int
    """Items read: samples, duplicates, rejected and skipped ones."""

    samples: pl.DataFrame
    """Samples, each id once, in order of arrival; columns of `SAMPLE_SCHEMA`."""

    annotation_texts: Mapping[str, str]
    """Texts that only annotators read, by the id of the sample that they are about."""

    rejected: list[Rejected]

    skipped: Mapping[str, int]
    """Rows that a rule of the source leaves out, by reason."""

    duplicates: int
    """Rows with the content of an earlier row, which is the one that is kept."""

    conflicts: int
    """Those of the duplicates whose label, source label or split differs from the earlier row's."""


def take_in(checked: Iterable[tuple[Item, CheckedImage | None]], *, shards: ImageShards) -> Intake:
    """Return the items of a source, sorted; the images of samples that are kept go to ``shards``.

    Args:
        checked: What a source yields, as `proguard.collect.image_checks.check_images` gives it.
        shards: Writer of the images.
    """
    rows = duplicates = conflicts = 0
    rejected: list[Rejected] = []
    skipped: Counter[str] = Counter()
    seen: dict[str, int] = {}
    kept: list[Sample] = []
    annotation_texts: dict[str, str] = {}
    frames = [_frame([])]
    for item, image in checked:
        rows += 1
        if isinstance(item, Rejected):
            rejected.append(item)
        elif isinstance(item, Skipped):
            skipped[item.reason] += 1
        elif item.sample.id in seen:
            duplicates += 1
            conflicts += seen[item.sample.id] != hash(item.sample)
        else:
            seen[item.sample.id] = hash(item.sample)
            kept.append(item.sample)
            if item.annotation_text is not None:
                annotation_texts[item.sample.id] = item.annotation_text
            if image is not None:
                shards.add(image)
            if len(kept) == _CHUNK_SAMPLES:
                frames.append(_frame(kept))
                kept = []
    return Intake(
        rows=rows,
        samples=pl.concat([*frames, _frame(kept)]),
        annotation_texts=annotation_texts,
        rejected=rejected,
        skipped=dict(sorted(skipped.items())),
        duplicates=duplicates,
        conflicts=conflicts,
    )


def check_rows(
    key: str, intake: Intake, *, expected_rows: int | None, max_bad_share: float, max_dead_share: float
) -> None:
    """Do nothing when an entry gave as many rows as expected, and few enough bad and dead ones.

    Args:
        key: Key of the entry in the configuration, for the message.
        intake: What it gave.
        expected_rows: Rows that it holds; ``None`` accepts any number but 0.
        max_bad_share: Largest share of rows that may be rejected for another reason than a dead link, in [0, 1].
        max_dead_share: Largest share of rows that may be rejected for a dead link, in [0, 1].

    Raises:
        ValueError: When it did not; the message shows the first such rows.
    """
    if intake.rows == 0 or expected_rows not in (None, intake.rows):
        raise ValueError(f"{key}: expected {expected_rows or 'some'} rows, found {intake.rows}")
    dead = [r for r in intake.rejected if r.reason == "dead link"]
    bad = [r for r in intake.rejected if r.reason != "dead link"]
    for rows, what, limit, name in (
        (bad, "bad", max_bad_share, "max_bad_share"),
        (dead, "dead links", max_dead_share, "max_dead_share"),
    ):
        share = len(rows) / intake.rows
        if share > limit:
            shown = "; ".join(f"{r.file} row {r.row}: {r.reason} ({_printable(r.detail)})" for r in rows[:_N_SHOWN])
            raise ValueError(
                f"{key}: {len(rows)} of {intake.rows} rows ({share:.1%}) are {what}, more than "
                f"collect.{name} {limit:.1%}: {shown}"
            )


def quarantine_table(intakes: Mapping[str, Intake]) -> pl.DataFrame:
    """Return the rejected rows of all sources, sorted by source, file and row."""
    rows = [(s, r.file, r.row, r.reason, _printable(r.detail)) for s, i in intakes.items() for r in i.rejected]
    return pl.DataFrame(rows, schema=QUARANTINE_SCHEMA, orient="row").sort(list(QUARANTINE_SCHEMA))


def annotation_table(intakes: Iterable[Intake]) -> pl.DataFrame:
    """Return the texts that only annotators read, sorted by sample id."""
    rows = [(id_, text) for intake in intakes for id_, text in intake.annotation_texts.items()]
    return pl.DataFrame(rows, schema={"id": pl.String(), "text": pl.String()}, orient="row").sort("id")


def count_rows(intakes: Iterable[Intake]) -> dict[str, Any]:
    """Return the counts of ``intakes`` together, by what became of rows and by modality and label of samples."""
    intakes = list(intakes)
    samples = pl.concat([_frame([]), *(i.samples for i in intakes)])
    skipped: Counter[str] = sum((Counter(i.skipped) for i in intakes), Counter())
    return {
        "rows": sum(i.rows for i in intakes),
        "samples": samples.height,
        "duplicates": sum(i.duplicates for i in intakes),
        "conflicts": sum(i.conflicts for i in intakes),
        "quarantined": dict(Counter(r.reason for i in intakes for r in i.rejected)),
        "skipped": dict(skipped),
        "modality": _count(samples["modality"]),
        "request_label": _count(samples["request_label"]),
        "response_label": _count(samples["response_label"]),
    }


def _printable(text: str | None) -> str | None:
    """Return ``text`` with half a surrogate pair, which a detail may quote, as an escape."""
    return None if text is None else text.encode(errors="backslashreplace").decode()


def _count(column: pl.Series) -> dict[str, int]:
    return dict(column.fill_null("absent").value_counts().iter_rows())


def _frame(samples: list[Sample]) -> pl.DataFrame:
    return pl.DataFrame({name: [getattr(s, name) for s in samples] for name in SAMPLE_SCHEMA}, schema=SAMPLE_SCHEMA)
