"""The paper's averages next to ours. Data and model sizes differ: it shows what is usual, not which is better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from proguard.evaluate.metrics.estimate import ByModality
from proguard.sample import Modality

OURS = ("ProGuard-3B", "ProGuard-7B")

TASKS: dict[str, str] = {
    "request_safety": "Request safety",
    "response_safety": "Response safety",
    "categorization": "Categorization",
    "ood_detection": "OOD detection",
    "ood_description": "OOD description",
}
_METRICS: dict[str, tuple[str, str]] = {
    "request_safety": ("weighted_f1", "weighted F1"),
    "response_safety": ("weighted_f1", "weighted F1"),
    "categorization": ("accuracy", "accuracy"),
    "ood_detection": ("f1", "F1"),
    "ood_description": ("share", "share"),
}
"""The metric of ours that fits the paper's column."""


_SETS = {("response_safety", "xstest"): "xstest_response"}
"""Our test set of a published column that is not named as the column."""


@dataclass(frozen=True, slots=True)
class PublishedLine:
    """One task and modality, all in percent; NaN where there is no number."""

    task: str
    modality: Modality
    metric: str
    best_other: float
    best_other_guard: str
    published_3b: float
    published_7b: float
    baseline: float
    trained: float


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """One of the paper's tables, whole."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    """Guard, then its numbers as printed; empty where the paper has none."""


def compare(published: pl.DataFrame, baseline: ByModality, trained: ByModality) -> list[PublishedLine]:
    """Return a line per task and modality of the paper that our test set has too.

    The paper's number is the average that it prints, otherwise the mean over its benchmarks. For image safety our
    number is the F1 of the unsafe class, elsewhere the support-weighted one.
    Source: arXiv 2512.23573, result tables; which F1 fits is inferred from their numbers.
    """
    lines = []
    for task in TASKS:
        for modality in ("text", "image", "text_image"):
            means = _means(published.filter(pl.col("task") == task, pl.col("modality") == modality))
            if means and modality in trained:
                lines.append(_line(means, task, modality, baseline, trained))
    return lines


def _line(
    means: Mapping[str, float],
    task: str,
    modality: Modality,
    baseline: ByModality,
    trained: ByModality,
) -> PublishedLine:
    metric, label = metric_of(task, modality)
    others = {guard: value for guard, value in means.items() if guard not in OURS}
    best = max(others, key=lambda guard: others[guard])
    return PublishedLine(
        task=TASKS[task],
        modality=modality,
        metric=label,
        best_other=others[best],
        best_other_guard=best,
        published_3b=means[OURS[0]],
        published_7b=means[OURS[1]],
        baseline=100 * baseline[modality][task][metric].value,
        trained=100 * trained[modality][task][metric].value,
    )


def metric_of(task: str, modality: Modality) -> tuple[str, str]:
    """Return our metric that fits the paper's column of a task and modality, and what it is called."""
    metric, label = _METRICS[task]
    is_image = modality == "image" and metric == "weighted_f1"
    return ("f1", "F1, unsafe class") if is_image else (metric, label)


def benchmark_of(task: str, test_set: str) -> str:
    """Return the paper's column of one of our test sets."""
    return {(t, ours): column for (t, column), ours in _SETS.items()}.get((task, test_set), test_set)


def _means(table: pl.DataFrame) -> dict[str, float]:
    averages = table.filter(pl.col("benchmark") == "average")
    used = averages if len(averages) else table
    return dict(used.group_by("guard", maintain_order=True).agg(pl.col("value").mean()).iter_rows())


def full_tables(published: pl.DataFrame) -> list[PublishedTable]:
    """Return every published number, a table per task."""
    return [_table(published.filter(pl.col("task") == task), title) for task, title in TASKS.items()]


def _table(published: pl.DataFrame, title: str) -> PublishedTable:
    keys = list(dict.fromkeys(published.select("modality", "benchmark").iter_rows()))
    values = {(g, m, b): v for g, m, b, v in published.select("guard", "modality", "benchmark", "value").iter_rows()}
    guards: Sequence[str] = sorted(set(published["guard"]), key=lambda g: (g in OURS, g.casefold()))
    return PublishedTable(
        title,
        tuple(f"{benchmark.replace('_', ' ')} · {modality.replace('_', ' + ')}" for modality, benchmark in keys),
        tuple((g, tuple(_show(values.get((g, *key))) for key in keys)) for g in guards),
    )


def _show(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
