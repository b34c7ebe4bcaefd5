"""What a guard's answers become: the table of its predictions and the summary of the run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from proguard.guards.families import OpenedGuard
from proguard.predict.run import Answers, read_all
from proguard.readings.reading import SIDES
from proguard.readings.table import prediction_table
from proguard.row import Row
from proguard.storage.files import write_json, write_table


def write_predictions(
    rows: Sequence[Row],
    guard: OpenedGuard,
    answers: Answers,
    *,
    counts: Mapping[str, int],
    table: Path,
    summary: Path,
) -> None:
    """Write the reading of every row, and how many were read.

    Args:
        rows: What the guard was to be asked about.
        guard: The guard.
        answers: Its answers.
        counts: What a reader of the summary should know of their source.
        table: File of the predictions.
        summary: File of the summary.
    """
    readings = read_all(rows, guard.family, answers)
    write_table(prediction_table(guard.family_name, readings, answers), table)
    content: dict[str, Any] = {"rows": len(rows), **counts}
    content["status"] = Counter(reading.detail for reading in readings.values())
    for side in SIDES:
        content[side] = Counter(getattr(reading, side).status for reading in readings.values())
    write_json(content, summary)
