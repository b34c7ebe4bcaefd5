"""Every variant of the rows that were drawn, as a table, and the images that they show."""

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from proguard.row import Row, make_row
from proguard.sample import Sample
from proguard.storage.images import ImageStore
from proguard.taxonomy import Taxonomy
from proguard.variant import VARIANT_SCHEMA, Suite, reword, write_record
from proguard.variants.draw import draw_for_drift, draw_for_honesty
from proguard.variants.modality_honesty import CHANGES, Pictures, find_carrier
from proguard.variants.pictures import add_noise, blank
from proguard.variants.policy_drift import DRIFTS


@dataclass(frozen=True, slots=True)
class Variants:
    """What the stage writes."""

    table: pl.DataFrame
    """Columns of `VARIANT_SCHEMA`, sorted by id."""

    images: Mapping[str, bytes]
    """Every image that a variant shows, by hash."""


def make_variants(
    rows: Sequence[Row], taxonomy: Taxonomy, images: ImageStore, *, n_rows: Mapping[Suite, int], seed: int
) -> Variants:
    """Return the variants of ``rows``: each depends on the seed, the row's id and the change alone.

    Args:
        rows: Rows of a test set.
        taxonomy: The project's.
        images: Where the rows' images are.
        n_rows: Rows that are drawn for each suite; 0 leaves it out.
        seed: Seed of every draw.
    """
    for_honesty = draw_for_honesty(rows, n=n_rows["modality_honesty"], seed=seed)
    pictures, made = _make_pictures(for_honesty, rows, images)
    records = [
        *_drift(draw_for_drift(rows, n=n_rows["policy_drift"], seed=seed), taxonomy, seed),
        *_change(for_honesty, taxonomy, pictures, seed),
    ]
    table = pl.DataFrame(records, schema=VARIANT_SCHEMA, orient="row").sort("id")
    shown = set(table["image"].drop_nulls())
    kept = {sha: content for sha, content in made.items() if sha in shown}
    return Variants(table, kept | images.read(sorted(shown - kept.keys())))


def _drift(rows: Sequence[Row], taxonomy: Taxonomy, seed: int) -> Iterator[dict[str, Any]]:
    for row in rows:
        for change, drift in DRIFTS.items():
            drifted = drift(row, taxonomy, _rng(seed, row.sample, change))
            if drifted is not None:
                sample = replace(row.sample, category=drifted.category or row.sample.category)
                own = reword(taxonomy, drifted.nodes)
                changed = make_row(_with_id(sample, change), drifted.policy, drifted.role or row.role, own)
                names = {"of": row.sample.id, "suite": "policy_drift", "change": change}
                yield write_record(changed, drifted.nodes, carrier=None, **names)


def _change(rows: Sequence[Row], taxonomy: Taxonomy, pictures: Pictures, seed: int) -> Iterator[dict[str, Any]]:
    for row in rows:
        carrier = find_carrier(row.sample)
        for change, make in CHANGES.items():
            sample = make(row.sample, carrier, pictures, _rng(seed, row.sample, change))
            if sample is not None:
                changed = make_row(_with_id(sample, change), row.policy, row.role, taxonomy)
                names = {"of": row.sample.id, "suite": "modality_honesty", "change": change}
                yield write_record(changed, (), carrier=carrier, **names)


def _make_pictures(
    changed: Sequence[Row], rows: Sequence[Row], images: ImageStore
) -> tuple[Pictures, dict[str, bytes]]:
    shown = images.read({row.sample.image for row in changed if row.sample.image})
    blanks, noisy = ({sha: make(content) for sha, content in shown.items()} for make in (blank, add_noise))
    alone = sorted((row.sample for row in rows if row.sample.modality == "image"), key=lambda sample: sample.id)
    pictures = Pictures(
        blank={sha: _hash(content) for sha, content in blanks.items()},
        noisy={sha: _hash(content) for sha, content in noisy.items()},
        safe=[sample for sample in alone if sample.request_label == "safe"],
        unsafe=[sample for sample in alone if sample.request_label == "unsafe"],
    )
    return pictures, {_hash(content): content for content in (*blanks.values(), *noisy.values())}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _with_id(sample: Sample, change: str) -> Sample:
    """Return ``sample`` under an id that no other variant has; a suite's changes are named apart."""
    return replace(sample, id=f"{sample.id}-{change}")


def _rng(seed: int, sample: Sample, change: str) -> random.Random:
    return random.Random(f"{seed} {change} {sample.id}")
