"""The trial of a discovery: proposals made from one half of the groups, given to the guard on rows of the other half.

What is proposed from a row is thus never tested on it. Rows of three kinds are asked: unlisted ones, which a proposal
may fit; listed ones and safe ones, which it must not disturb.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from proguard.discover.given import Given
from proguard.discover.join import Asked, ask_again
from proguard.discover.propose import Proposal
from proguard.discover.truth import place_proposals, true_categories
from proguard.moderate.guard import Guard
from proguard.readings.reading import Reading
from proguard.row import Row
from proguard.sample import content_hash

Kind = Literal["novel", "hidden", "listed", "safe"]
KINDS: tuple[Kind, ...] = ("novel", "hidden", "listed", "safe")

TRIAL_SCHEMA: dict[str, pl.DataType] = {
    "id": pl.String(),
    "group": pl.String(),
    "kind": pl.String(),
    "right_before": pl.Boolean(),
    "right_after": pl.Boolean(),
    "by_id_after": pl.Boolean(),
    "unsafe_before": pl.Boolean(),
    "unsafe_after": pl.Boolean(),
}


def in_first_half(group: str, *, seed: int) -> bool:
    """Return whether proposals are made from a group's rows; the others are asked again."""
    return int(content_hash(str(seed), "half", group), 16) % 2 == 0


def kind_of(row: Row) -> Kind | None:
    """Return the kind of a row; ``None`` for an unsafe one without a category."""
    if not row.target.is_unsafe:
        return "safe"
    if row.target.category is None:
        return None
    return "listed" if row.role == "shown" else "novel" if row.role == "novel" else "hidden"


def draw_trial(rows: Sequence[Row], *, n_rows: int, seed: int) -> list[Row]:
    """Return up to ``n_rows`` rows of each kind out of the second half of the groups; their order has no influence."""
    drawn: list[Row] = []
    for kind in KINDS:
        own = [r for r in rows if kind_of(r) == kind and not in_first_half(r.sample.group, seed=seed)]
        drawn += sorted(own, key=lambda row: content_hash(str(seed), "trial", row.sample.id))[:n_rows]
    return drawn


@dataclass(frozen=True, slots=True)
class _Case:
    """One row before and after."""

    row: Row
    reading: Reading
    asked: Asked


def try_proposals(
    rows: Sequence[Row],
    readings: Mapping[str, Reading],
    proposals: Sequence[Proposal],
    given: Sequence[Given],
    *,
    trial: Sequence[Row],
    guard: Guard,
    read_images: Callable[[Sequence[str]], Mapping[str, bytes]],
    seed: int,
) -> pl.DataFrame:
    """Return a line of `TRIAL_SCHEMA` for each row of the trial.

    An unlisted row is right when it is put to its own category: by a name that belongs to a proposal of it, or by the
    id of one, which is counted apart. A listed row is right by its id, a safe one without an alarm.

    Args:
        rows: All rows of the test set.
        readings: What the guard said before, by sample id.
        proposals: Made from the first half; at least one.
        given: Named rows of the first half.
        trial: Rows of the second half.
        guard: Loaded guard.
        read_images: Returns the bytes of images by hash.
        seed: Of the ids that proposals get.
    """
    truth = true_categories(rows, guard.taxonomy)
    placed = place_proposals(proposals, given, truth)
    by_name = {name: placed[proposal.id] for proposal in proposals for name in proposal.names}
    images = read_images([row.sample.image for row in trial if row.sample.image])
    asked = ask_again(trial, proposals, guard, images, seed=seed)
    records = []
    for row, said in zip(trial, asked, strict=True):
        case = _Case(row, readings[row.sample.id], said)
        before, after = _is_right(case, truth.get(row.sample.id), by_name, placed)
        records.append(
            {
                "id": row.sample.id,
                "group": row.sample.group,
                "kind": kind_of(row),
                "right_before": before,
                "right_after": after,
                "by_id_after": after and (said.is_by_id or kind_of(row) == "listed"),
                "unsafe_before": case.reading.is_unsafe or not case.reading.is_read,
                "unsafe_after": said.outcome.flagged,
            }
        )
    return pl.DataFrame(records, schema=TRIAL_SCHEMA, orient="row").sort("kind", "id")


def _is_right(
    case: _Case, true: str | None, by_name: Mapping[str, str | None], placed: Mapping[str, str | None]
) -> tuple[bool, bool]:
    kind, reading, outcome = kind_of(case.row), case.reading, case.asked.outcome
    if kind == "safe":
        return reading.is_read and not reading.is_unsafe, not outcome.flagged
    if kind == "listed":
        gold = case.row.target.gold
        return reading.category == gold, outcome.category == gold
    before, chosen = by_name.get(reading.name or ""), case.asked.chosen
    return before is not None and before == true, chosen is not None and placed[chosen.id] == true


def summarise_trial(trial: pl.DataFrame) -> dict[str, dict[str, float | int]]:
    """Return rows, and shares before and after, by kind."""
    shares = [pl.col(name).mean().round(6) for name in TRIAL_SCHEMA if TRIAL_SCHEMA[name] == pl.Boolean()]
    table = trial.group_by("kind").agg(pl.len().alias("rows"), *shares).sort("kind")
    return {record.pop("kind"): record for record in table.iter_rows(named=True)}
