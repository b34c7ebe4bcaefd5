"""Predictions: the readings of a guard on a test set as a table, with the answers that they were read from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from proguard.readings.reading import SIDES, Reading, SideReading

PREDICTION_SCHEMA: dict[str, pl.DataType] = {
    "id": pl.String(),
    "family": pl.String(),
    **{
        f"{side}{suffix}": kind
        for side in SIDES
        for suffix, kind in (("", pl.String()), ("_status", pl.String()), ("_score", pl.Float64()))
    },
    "category": pl.String(),
    "code": pl.String(),
    "codes": pl.List(pl.String()),
    "name": pl.String(),
    "reads_policy": pl.Boolean(),
    "detail": pl.String(),
    "answers": pl.List(pl.Struct({"ask": pl.String(), "text": pl.String(), "finish": pl.String()})),
}


class WrittenAnswer(Protocol):
    """An answer that a reading was made of."""

    @property
    def text(self) -> str:
        """What the guard wrote."""
        ...

    @property
    def finish(self) -> str:
        """How it ended."""
        ...


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row of a guard's predictions."""

    family: str
    """Name of the guard's family."""

    reading: Reading
    answers: Mapping[str, str]
    """Text of each answer by ask."""


def prediction_table(
    family: str, readings: Mapping[str, Reading], answers: Mapping[str, Mapping[str, WrittenAnswer]]
) -> pl.DataFrame:
    """Return one line per row, sorted by id.

    Args:
        family: Name of the guard's family.
        readings: By sample id, one for every row of the test set.
        answers: By sample id and ask.
    """
    records = [_record(id_, family, reading, answers.get(id_, {})) for id_, reading in sorted(readings.items())]
    return pl.DataFrame(records, schema=PREDICTION_SCHEMA, orient="row")


def _record(id_: str, family: str, reading: Reading, answers: Mapping[str, WrittenAnswer]) -> dict[str, Any]:
    record: dict[str, Any] = {"id": id_, "family": family}
    for name, side in zip(SIDES, reading.sides, strict=True):
        record |= {name: side.label, f"{name}_status": side.status, f"{name}_score": side.score}
    record |= {name: getattr(reading, name) for name in ("category", "code", "name", "reads_policy", "detail")}
    texts = [{"ask": key, "text": c.text, "finish": c.finish} for key, c in sorted(answers.items())]
    return record | {"codes": None if reading.codes is None else list(reading.codes), "answers": texts}


def read_predictions(path: Path | str) -> dict[str, Prediction]:
    """Return the predictions of a file by sample id.

    Raises:
        ValueError: When a column is missing, as in a file of an earlier version.
    """
    table = pl.read_parquet(path)
    if missing := [name for name in PREDICTION_SCHEMA if name not in table.columns]:
        raise ValueError(f"{path}: no column {', '.join(missing)}: run predict again")
    return {record["id"]: _prediction(record) for record in table.iter_rows(named=True)}


def _prediction(record: Mapping[str, Any]) -> Prediction:
    request, response = (SideReading(record[f"{side}_status"], record[side], record[f"{side}_score"]) for side in SIDES)
    codes = record["codes"]
    reading = Reading(
        request,
        response,
        codes=None if codes is None else tuple(codes),
        **{name: record[name] for name in ("category", "code", "name", "reads_policy", "detail")},
    )
    return Prediction(record["family"], reading, {a["ask"]: a["text"] for a in record["answers"]})
