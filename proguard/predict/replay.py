"""Recorded answers joined to the rows of a test set: predictions of a guard that nobody has to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proguard.guards.recorded import RecordKey, keys_of, load_answers
from proguard.inference.engine import Completion
from proguard.predict.run import Answers, Asked, by_row


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the recorded answers gave for a test set."""

    answers: Answers

    unmatched: int
    """Rows that the guard would be asked about and that have no recorded answer: they count as not asked."""

    unused: int
    """Recorded answers that belong to no row."""


def replay(asked: Sequence[Asked], folder: Path, *, max_unmatched: float) -> Replayed:
    """Return the recorded answers to every ask; a row counts only when all of its asks are answered.

    Args:
        asked: What the guard would be asked.
        folder: The guard's folder.
        max_unmatched: Largest share of rows without an answer, in [0, 1].

    Raises:
        ValueError: When more rows than that have none; the message names one.
    """
    recorded = load_answers(folder)
    found = {a.key: (a, key) for a in asked if (key := _find(a, recorded)) is not None}
    rows = {a.row.sample.id for a in asked}
    unmatched = {a.row.sample.id for a in asked if a.key not in found}
    if rows and len(unmatched) / len(rows) > max_unmatched:
        raise ValueError(
            f"{folder}: {len(unmatched)} of {len(rows)} rows have no recorded answer, such as {min(unmatched)}; more "
            f"than recorded.max_unmatched ({max_unmatched}): record answers for this test set, or allow more"
        )
    completions = {key: Completion(recorded[used]) for key, (a, used) in found.items() if key[0] not in unmatched}
    used = {key for _, key in found.values()}
    return Replayed(by_row(completions), len(unmatched), len(recorded) - len(used))


def _find(asked: Asked, recorded: Mapping[RecordKey, str]) -> RecordKey | None:
    candidates = ((key, ask) for key in keys_of(asked.row.sample) for ask in (asked.ask.key, ""))
    return next((key for key in candidates if key in recorded), None)
