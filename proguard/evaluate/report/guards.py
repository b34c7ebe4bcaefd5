"""Every guard on every test set, with the number that the paper prints: its tables, filled by this run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

import polars as pl

from proguard.evaluate.metrics.estimate import DIFFERENCE, ByModality, Estimate
from proguard.evaluate.report.published import TASKS, benchmark_of, metric_of
from proguard.sample import MODALITIES, Modality

DASH = "–"
"""Stands where a guard cannot be asked: it is not a 0."""

_NONE = Estimate(nan, nan, nan, 0)


@dataclass(frozen=True, slots=True)
class GuardCell:
    """One guard on one test set and modality, in percent."""

    ours: str
    """A dash when the guard was asked about no row of the task."""

    n: int
    published: str
    """Empty when the paper has no number for it."""

    difference: str
    """Ours less the published number, in points."""


@dataclass(frozen=True, slots=True)
class GuardTable:
    """One task."""

    title: str
    columns: tuple[str, ...]
    """Test set and modality."""

    rows: tuple[tuple[str, tuple[GuardCell, ...]], ...]
    """Guard, then its cells."""


def guard_tables(
    estimates: Mapping[str, Mapping[str, ByModality]], published: pl.DataFrame, names: Mapping[str, str | None]
) -> list[GuardTable]:
    """Return a table for each task that any guard has a number of.

    Args:
        estimates: By guard, then by test set; the difference of two guards is left out.
        published: The paper's numbers: task, modality, benchmark, guard, metric, value.
        names: Name that the paper prints, by guard; ``None``, or no entry, where it prints none.
    """
    by_guard = {guard: sets for guard, sets in estimates.items() if guard != DIFFERENCE}
    keys = ("task", "modality", "benchmark", "guard")
    printed = {tuple(row[:4]): row[4] for row in published.select(*keys, "value").iter_rows()}
    tables = (_table(task, title, by_guard, printed, names) for task, title in TASKS.items())
    return [table for table in tables if table.columns]


def _table(
    task: str,
    title: str,
    by_guard: Mapping[str, Mapping[str, ByModality]],
    printed: Mapping[tuple[str, ...], float],
    names: Mapping[str, str | None],
) -> GuardTable:
    places = [
        (test_set, modality)
        for test_set in sorted({name for sets in by_guard.values() for name in sets})
        for modality in MODALITIES
        if any(_estimate(sets, test_set, modality, task).n for sets in by_guard.values())
    ]
    rows = []
    for guard, sets in sorted(by_guard.items()):
        cells = []
        for test_set, modality in places:
            key = (task, modality, benchmark_of(task, test_set), names.get(guard) or "")
            cells.append(_cell(_estimate(sets, test_set, modality, task), printed.get(key, nan)))
        rows.append((guard, tuple(cells)))
    columns = tuple(f"{test_set.replace('_', ' ')} · {modality.replace('_', ' + ')}" for test_set, modality in places)
    return GuardTable(title, columns, tuple(rows))


def _estimate(sets: Mapping[str, ByModality], test_set: str, modality: Modality, task: str) -> Estimate:
    metric, _ = metric_of(task, modality)
    return sets.get(test_set, {}).get(modality, {}).get(task, {}).get(metric, _NONE)


def _cell(ours: Estimate, published: float) -> GuardCell:
    value = nan if not ours.n else 100 * ours.value
    return GuardCell(_show(value, DASH), ours.n, _show(published, ""), _show(value - published, "", sign="+"))


def _show(value: float, absent: str, sign: str = "") -> str:
    return absent if isnan(value) else f"{value:{sign}.1f}".replace("-", "\N{MINUS SIGN}")


def guards_csv(tables: Sequence[GuardTable]) -> pl.DataFrame:
    """Return the tables as one, a line per guard, task and column."""
    lines = [
        (table.title, guard, column, cell.ours, cell.n, cell.published, cell.difference)
        for table in tables
        for guard, cells in table.rows
        for column, cell in zip(table.columns, cells, strict=True)
    ]
    columns = ("task", "guard", "set", "ours", "n", "published", "difference")
    kinds = {name: pl.Int64() if name == "n" else pl.String() for name in columns}
    return pl.DataFrame(lines, schema=kinds, orient="row")
