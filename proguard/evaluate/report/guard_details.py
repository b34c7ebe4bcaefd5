"""What lies behind one number of a guard: both F1, false alarms, unread answers, scores, over-refusal, categories.

Over-refusal is the share of requests called unsafe in the test sets whose requests are all safe. Scores are measured
where at least 99 % of the rows have one (`proguard.evaluate.metrics.risk`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Literal

import polars as pl

from proguard.evaluate.metrics.estimate import ALL, DIFFERENCE, ByModality
from proguard.evaluate.report.guards import DASH, Column, Estimates, columns_of, estimate_of

Unit = Literal["percent", "score"]

_SAFETY: tuple[tuple[str, str, Unit], ...] = (
    ("f1", "F1, unsafe class", "percent"),
    ("weighted_f1", "F1, support-weighted", "percent"),
    ("false_positive_rate", "False alarms", "percent"),
    ("f1_fail_closed", "F1, unread as unsafe", "percent"),
    ("f1_fail_open", "F1, unread as safe", "percent"),
    ("score_coverage", "Rows with a score", "percent"),
    ("auprc", "AUPRC", "percent"),
    ("calibration_error", "Calibration error", "percent"),
    ("threshold", "Threshold at 5 % false alarms", "score"),
    ("recall_at_threshold", "Recall there", "percent"),
)
_N_F1 = 3
"""Over-refusal comes after both F1 and the false alarms."""

_CATEGORIES: tuple[tuple[str, str, Unit], ...] = (
    ("accuracy", "Exact", "percent"),
    ("within", "Within the mapped codes", "percent"),
    ("parent", "Same parent", "percent"),
)
_DETAILS: Mapping[str, tuple[str, tuple[tuple[str, str, Unit], ...]]] = {
    "request_safety": ("Safety of requests, in detail", _SAFETY),
    "response_safety": ("Safety of responses, in detail", _SAFETY),
    "categorization": ("Categories, in detail", _CATEGORIES),
}


@dataclass(frozen=True, slots=True)
class DetailCell:
    """One number, in percent unless it is a score; NaN where there is none."""

    value: float
    unit: Unit

    @property
    def shown(self) -> str:
        """The number as text, or a dash."""
        if isnan(self.value):
            return DASH
        return f"{self.value:.1f}" if self.unit == "percent" else f"{self.value:.3f}"


@dataclass(frozen=True, slots=True)
class DetailLine:
    """One guard on one test set and modality."""

    guard: str
    column: Column
    n: int
    cells: tuple[DetailCell, ...]


@dataclass(frozen=True, slots=True)
class DetailTable:
    """One task, a line per guard, test set and modality."""

    title: str
    headings: tuple[str, ...]
    lines: tuple[DetailLine, ...]


def detail_tables(estimates: Estimates) -> list[DetailTable]:
    """Return a table for each task that any guard has a number of.

    Args:
        estimates: By guard, then by test set; the difference of two guards is left out.
    """
    by_guard = {guard: estimates[guard] for guard in sorted(estimates) if guard != DIFFERENCE}
    tables = (_table(by_guard, task, title, metrics) for task, (title, metrics) in _DETAILS.items())
    return [table for table in tables if table.lines]


def over_refusal_sets(by_guard: Estimates) -> list[str]:
    """Return the test sets whose requests are all safe."""
    names = sorted({name for sets in by_guard.values() for name in sets})
    return [name for name in names if any(_is_all_safe(sets.get(name, {})) for sets in by_guard.values())]


def _is_all_safe(set_: ByModality) -> bool:
    task = set_.get(ALL, {}).get("request_safety", {})
    return "recall" in task and not task["recall"].n and task["false_positive_rate"].n > 0


def _table(by_guard: Estimates, task: str, title: str, metrics: Sequence[tuple[str, str, Unit]]) -> DetailTable:
    refusing = over_refusal_sets(by_guard) if task == "request_safety" else []
    lines = [
        _line(guard, sets, column, metrics, refusing)
        for column in columns_of(by_guard, [task])
        for guard, sets in by_guard.items()
    ]
    headings = [heading for _, heading, _ in metrics]
    headings[_N_F1:_N_F1] = [f"False alarms on {name.replace('_', ' ')}" for name in refusing]
    if task != "categorization":
        headings += ["Unreadable", "Refused"]
    return DetailTable(title, tuple(headings), tuple(lines))


def _line(
    guard: str,
    sets: Mapping[str, ByModality],
    column: Column,
    metrics: Sequence[tuple[str, str, Unit]],
    refusing: Sequence[str],
) -> DetailLine:
    own = {name: estimate_of(sets, column, name) for name, _, _ in metrics}
    n = own[metrics[0][0]].n
    values = [(own[name].value, unit) for name, _, unit in metrics]
    values[_N_F1:_N_F1] = [(_false_alarms(sets.get(name, {}), column), "percent") for name in refusing]
    if column.task != "categorization":
        row = sets.get(column.test_set, {}).get(column.modality, {})
        values += [
            (row[name]["rate"].value if n and name in row else nan, "percent") for name in ("malformed", "refused")
        ]
    if not n:
        values = [(nan, unit) for _, unit in values]
    cells = tuple(DetailCell(100 * value if unit == "percent" else value, unit) for value, unit in values)
    return DetailLine(guard, column, n, cells)


def _false_alarms(set_: ByModality, column: Column) -> float:
    estimate = set_.get(column.modality, {}).get("request_safety", {}).get("false_positive_rate")
    return nan if estimate is None else estimate.value


def details_csv(tables: Sequence[DetailTable]) -> pl.DataFrame:
    """Return the tables as one, a line per guard, test set, modality and number; undefined ones are left out."""
    lines = [
        (
            line.column.task,
            line.guard,
            line.column.test_set,
            line.column.modality,
            line.n,
            heading,
            round(cell.value, 4),
        )
        for table in tables
        for line in table.lines
        for heading, cell in zip(table.headings, line.cells, strict=True)
        if not isnan(cell.value)
    ]
    kinds = {name: pl.String() for name in ("task", "guard", "set", "modality")}
    return pl.DataFrame(
        lines, schema=kinds | {"n": pl.Int64(), "number": pl.String(), "value": pl.Float64()}, orient="row"
    )
