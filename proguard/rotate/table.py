"""The tables of a rotation: metrics by fold with their mean, and each category in the fold where it was novel.

A fold's interval says how far its rows could be off; the interval of the mean says how far the choice of novel
categories moves a result. It is Student's t over the folds, because five numbers are too few to resample.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan, nan
from typing import Any

import numpy as np
from scipy import stats

from proguard.evaluate.metrics.estimate import ALL, DIGITS, Estimate, to_json
from proguard.evaluate.report.comparison import OOD_LINES
from proguard.evaluate.report.headline import HEADLINES, Headline, Unit, show_range, show_value

LINES = (*HEADLINES, *(line for line in OOD_LINES if line.metric.endswith(("_hidden", "_novel"))))
"""What the table has a line for."""

_HIGHEST: Mapping[Unit, float] = {"percent": 1.0, "reward": 3.0}


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of one guard over the folds."""

    guard: str
    headline: Headline
    values: tuple[float, ...]
    """By fold; NaN where undefined."""

    mean: Estimate
    """Mean over the folds with Student's t interval; ``n`` counts the folds."""


@dataclass(frozen=True, slots=True)
class Category:
    """One category in the fold where it was novel."""

    code: str
    name: str
    fold: int
    guard: str
    noticed: Estimate
    """Share of its rows that got a free name."""

    named: Estimate
    """Share of the most that the names can earn for being near the category."""


@dataclass(frozen=True, slots=True)
class Fold:
    """What one fold measured."""

    number: int
    novel: tuple[str, ...]
    metrics: Mapping[str, Any]
    """metrics.json: guard, test set, modality, task, metric."""


def make_lines(folds: Sequence[Fold], *, guards: Sequence[str], test_set: str, confidence: float) -> list[Line]:
    """Return a line for each metric and guard, in the order of `LINES`.

    Args:
        folds: At least one.
        guards: Of metrics.json.
        test_set: Likewise.
        confidence: Share of means inside the interval, in (0, 1).
    """
    lines = []
    for headline in LINES:
        for guard in guards:
            values = tuple(_value(fold.metrics[guard][test_set][ALL], headline) for fold in folds)
            lines.append(Line(guard, headline, values, mean_of(values, confidence, highest=_HIGHEST[headline.unit])))
    return lines


def mean_of(values: Sequence[float], confidence: float, *, highest: float = inf) -> Estimate:
    """Return the mean of the defined values with Student's t interval, which is NaN for fewer than two.

    Args:
        values: One for each fold, at least 0; NaN where undefined.
        confidence: Share of means inside the interval, in (0, 1).
        highest: Largest value that the metric can have; the interval is cut there and at 0.

    Source: ``scipy.stats.t.interval`` around the mean with its standard error.
    """
    defined = np.asarray([value for value in values if not np.isnan(value)])
    if len(defined) < 2:
        return Estimate(float(defined[0]) if len(defined) else nan, nan, nan, len(defined))
    error = float(stats.sem(defined))
    mean = float(defined.mean())
    reach = float(stats.t.ppf((1 + confidence) / 2, len(defined) - 1)) * error
    return Estimate(mean, max(0.0, mean - reach), min(highest, mean + reach), len(defined))


def write_markdown(
    folds: Sequence[Fold], lines: Sequence[Line], categories: Sequence[Category], *, n_folds: int, confidence: float
) -> str:
    """Return both tables as Markdown, under one sentence that says how much of the rotation they cover."""
    percent = f"{100 * confidence:g} %"
    codes = sum(len(fold.novel) for fold in folds)
    head = f"{len(folds)} of {n_folds} folds, {codes} categories novel once; mean with its {percent} t interval."
    title = ["metric", "guard", *(f"fold {fold.number}: {' '.join(fold.novel)}" for fold in folds), f"mean [{percent}]"]
    rows = [
        [
            line.headline.title,
            line.guard,
            *(show_value(value, line.headline.unit) for value in line.values),
            _show(line.mean, line.headline),
        ]
        for line in lines
    ]
    kinds = ["category", "fold", "guard", "rows", f"noticed [{percent}]", f"named well [{percent}]"]
    novel = [
        [
            f"{c.code} {c.name}",
            str(c.fold),
            c.guard,
            str(c.noticed.n),
            _show(c.noticed, _PERCENT),
            _show(c.named, _PERCENT),
        ]
        for c in categories
    ]
    return (
        f"{head}\n\n{_table(title, rows)}\n\nEach category in the fold where it was novel:\n\n{_table(kinds, novel)}\n"
    )


def table_json(lines: Sequence[Line], categories: Sequence[Category]) -> dict[str, Any]:
    """Return both tables as plain values, undefined as ``None``."""
    return {
        "lines": [
            {
                "guard": line.guard,
                "metric": line.headline.title,
                "folds": [None if isnan(value) else round(value, DIGITS) for value in line.values],
                "mean": to_json(line.mean),
            }
            for line in lines
        ],
        "categories": [
            {
                **{key: getattr(category, key) for key in ("code", "name", "fold", "guard")},
                "noticed": to_json(category.noticed),
                "named": to_json(category.named),
            }
            for category in categories
        ],
    }


_PERCENT = OOD_LINES[0]


def _value(modality: Mapping[str, Any], headline: Headline) -> float:
    found = modality.get(headline.task, {}).get(headline.metric, {}).get("value")
    return nan if found is None else float(found)


def _show(estimate: Estimate, headline: Headline) -> str:
    value, between = show_value(estimate.value, headline.unit), show_range(estimate, headline.unit)
    return f"{value} [{between}]" if between else value


def _table(title: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [title, ["---"] * len(title), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
