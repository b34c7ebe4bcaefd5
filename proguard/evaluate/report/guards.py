"""The four tables of the paper for any list of guards: our number beside the published one.

A guard that was asked stands with our number, the rows that it is over, the published number and the difference. A
guard of the paper that was not asked has its published number alone. A dash says that a guard cannot be asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

import polars as pl

from proguard.evaluate.metrics.estimate import DIFFERENCE, ByModality, Estimate
from proguard.evaluate.report.published import TASKS, benchmark_of, metric_of
from proguard.sample import MODALITIES, Modality

DASH = "–"
"""Stands where a guard cannot be asked: it is not a 0."""

AVERAGE = "average"
"""The paper's column of means over test sets, weighted by their rows."""

PAPER_TABLES: Mapping[str, tuple[str, ...]] = {
    "Safety of requests and responses": ("request_safety", "response_safety"),
    **{TASKS[task]: (task,) for task in ("categorization", "ood_detection", "ood_description")},
}
"""The paper's tables and their tasks."""

NONE = Estimate(nan, nan, nan, 0)

Estimates = Mapping[str, Mapping[str, ByModality]]
"""By guard, then by test set."""

_SIDE_TITLES = {"request_safety": "requests", "response_safety": "responses"}


@dataclass(frozen=True, slots=True)
class Column:
    """One task on one test set and modality."""

    task: str
    test_set: str
    modality: Modality

    @property
    def title(self) -> str:
        """What the column is about, in words."""
        parts = (_SIDE_TITLES.get(self.task), self.test_set.replace("_", " "), self.modality.replace("_", " + "))
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class GuardCell:
    """One guard in one column, in percent; NaN where there is no number."""

    ours: float
    n: int
    published: float

    @property
    def difference(self) -> float:
        """Ours less the published number, in points."""
        return self.ours - self.published


@dataclass(frozen=True, slots=True)
class GuardRow:
    """One guard in one table."""

    guard: str
    was_asked: bool
    """Whether this run asked it; otherwise its numbers are the paper's alone."""

    cells: tuple[GuardCell, ...]


@dataclass(frozen=True, slots=True)
class GuardTable:
    """One of the paper's tables, filled by this run."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[GuardRow, ...]


def guard_tables(estimates: Estimates, published: pl.DataFrame, names: Mapping[str, str | None]) -> list[GuardTable]:
    """Return the tables that any guard has a number of; columns are what any guard was asked about.

    Args:
        estimates: By guard, then by test set; the difference of two guards is left out.
        published: The paper's numbers: task, modality, benchmark, guard, metric, value.
        names: Name that the paper prints, by guard; ``None``, or no entry, where it prints none.
    """
    by_guard = {guard: estimates[guard] for guard in sorted(estimates) if guard != DIFFERENCE}
    keys = ("task", "modality", "benchmark", "guard")
    printed: _Printed = {tuple(row[:4]): row[4] for row in published.select(*keys, "value").iter_rows()}
    tables = (_table(title, tasks, by_guard, printed, names) for title, tasks in PAPER_TABLES.items())
    return [table for table in tables if table.columns]


def estimate_of(sets: Mapping[str, ByModality], column: Column, metric: str) -> Estimate:
    """Return a guard's estimate of a column; NaN over no rows where it has none."""
    return sets.get(column.test_set, {}).get(column.modality, {}).get(column.task, {}).get(metric, NONE)


def columns_of(by_guard: Estimates, tasks: Sequence[str]) -> list[Column]:
    """Return the columns that any guard was asked about: by task, modality, then test set.

    A test set without unsafe rows has no F1 and so no column of safety.
    """
    test_sets = sorted({name for sets in by_guard.values() for name in sets})
    columns = (Column(task, name, modality) for task in tasks for modality in MODALITIES for name in test_sets)
    return [column for column in columns if any(_counts(sets, column) for sets in by_guard.values())]


def _counts(sets: Mapping[str, ByModality], column: Column) -> bool:
    metric, _ = metric_of(column.task, column.modality)
    return estimate_of(sets, column, "recall" if column.task in _SIDE_TITLES else metric).n > 0


_Printed = dict[tuple[str, ...], float]
"""By task, modality, benchmark and guard."""


def _table(
    title: str, tasks: Sequence[str], by_guard: Estimates, printed: _Printed, names: Mapping[str, str | None]
) -> GuardTable:
    asked = columns_of(by_guard, tasks)
    averages = [
        column
        for task in tasks
        for modality in MODALITIES
        if any(_average(sets, column := Column(task, AVERAGE, modality), printed).n for sets in by_guard.values())
    ]
    columns = tuple([*asked, *averages])
    ours = [GuardRow(g, True, _cells(sets, columns, printed, names.get(g) or "")) for g, sets in by_guard.items()]
    others = sorted({key[3] for key in printed} - {name for g in by_guard if (name := names.get(g))}, key=str.casefold)
    theirs = [GuardRow(name, False, _cells({}, columns, printed, name)) for name in others]
    return GuardTable(title, columns, (*ours, *(r for r in theirs if not all(isnan(c.published) for c in r.cells))))


def _cells(
    sets: Mapping[str, ByModality], columns: Sequence[Column], printed: _Printed, name: str
) -> tuple[GuardCell, ...]:
    cells = []
    for column in columns:
        metric, _ = metric_of(column.task, column.modality)
        own = _average(sets, column, printed) if column.test_set == AVERAGE else estimate_of(sets, column, metric)
        key = (column.task, column.modality, benchmark_of(column.task, column.test_set), name)
        cells.append(GuardCell(100 * own.value if own.n else nan, own.n, printed.get(key, nan)))
    return tuple(cells)


def _average(sets: Mapping[str, ByModality], column: Column, printed: _Printed) -> Estimate:
    """Return the mean over the test sets of the paper's average, weighted by rows; nothing when one was not asked."""
    metric, _ = metric_of(column.task, column.modality)
    benchmarks = {key[2] for key in printed if key[:2] == (column.task, column.modality)}
    if AVERAGE not in benchmarks:
        return NONE
    benchmarks.remove(AVERAGE)
    own = {benchmark_of(column.task, name): name for name in sets}
    found = [estimate_of(sets, Column(column.task, own.get(b, ""), column.modality), metric) for b in benchmarks]
    if not all(estimate.n for estimate in found):
        return NONE
    n = sum(estimate.n for estimate in found)
    return Estimate(sum(e.value * e.n for e in found) / n, nan, nan, n)


def show(value: float, absent: str = "", sign: str = "") -> str:
    """Return a number in percent or points as text, and ``absent`` for NaN."""
    return absent if isnan(value) else f"{value:{sign}.1f}".replace("-", "\N{MINUS SIGN}")


def guards_csv(tables: Sequence[GuardTable]) -> pl.DataFrame:
    """Return the tables as one, a line per guard and column; empty where there is no number."""
    return pl.DataFrame(list(_lines(tables)), schema=_CSV, orient="row")


_CSV = {name: pl.String() for name in ("table", "guard", "task", "set", "modality")} | {
    "ours": pl.Float64(),
    "n": pl.Int64(),
    "published": pl.Float64(),
    "difference": pl.Float64(),
}


def _lines(tables: Sequence[GuardTable]) -> Iterator[tuple[str | float | int | None, ...]]:
    for table in tables:
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                where = (table.title, row.guard, column.task, column.test_set, column.modality)
                numbers = (cell.ours, cell.published, cell.difference)
                ours, published, difference = (None if isnan(x) else round(x, 4) for x in numbers)
                yield *where, ours, cell.n, published, difference
