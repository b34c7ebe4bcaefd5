"""How far annotators agree: pairs, all of them together, and what they take for what."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import krippendorff
import numpy as np
import polars as pl
from sklearn.metrics import cohen_kappa_score

from proguard.taxonomy import Level, Taxonomy
from proguard.taxonomy_map.vote import Vote

ALPHA_UNITS = 10_000
"""Most samples that alpha is computed from, the first in order of id, which is a hash: the library takes some 20 KB for
each."""

CONFUSION_SCHEMA = pl.Schema(
    {
        "first": pl.String(),
        "second": pl.String(),
        "first_says": pl.String(),
        "second_says": pl.String(),
        "rows": pl.Int64(),
    }
)


def measure_agreement(votes: Iterable[Vote], taxonomy: Taxonomy) -> dict[str, dict[str, float]]:
    """Return raw agreement and Cohen's kappa of each pair of annotators, on the samples that both voted on.

    At subcategory level and, suffixed ``_category``, at category level. Kappa is NaN without such samples, and where
    both give one and the same answer throughout.
    """
    answers = _by_annotator(votes)
    return {
        f"{first}/{second}": _measure_pair(answers[first], answers[second], taxonomy)
        for first, second in combinations(sorted(answers), 2)
    }


def measure_alpha(votes: Iterable[Vote], taxonomy: Taxonomy) -> dict[str, float]:
    """Return Krippendorff's nominal alpha over all annotators, at both levels, and the number of samples it rests on.

    Samples with one vote say nothing and are left out; of more than `ALPHA_UNITS` others the first by id are taken.
    Alpha is NaN without such samples, and where all votes are the same.
    """
    by_id: dict[str, list[str]] = defaultdict(list)
    for vote in votes:
        by_id[vote.id].append(vote.category)
    units = [by_id[id_] for id_ in sorted(by_id) if len(by_id[id_]) > 1][:ALPHA_UNITS]
    return {
        "n": len(units),
        "subcategory": _alpha(units, "subcategory", taxonomy),
        "category": _alpha(units, "category", taxonomy),
    }


def count_confusion(votes: Iterable[Vote]) -> pl.DataFrame:
    """Return how many samples each pair of annotators calls what: a row per pair and pair of answers, sorted."""
    table = pl.DataFrame(
        [(vote.id, vote.annotator, vote.category) for vote in votes],
        schema={"id": pl.String(), "first": pl.String(), "first_says": pl.String()},
        orient="row",
    )
    pairs = table.join(table.rename({"first": "second", "first_says": "second_says"}), on="id")
    keys = ["first", "second", "first_says", "second_says"]
    counted = pairs.filter(pl.col("first") < pl.col("second")).group_by(keys).len("rows")
    return counted.cast(CONFUSION_SCHEMA).select(list(CONFUSION_SCHEMA)).sort(keys)


def list_confusions(confusion: pl.DataFrame, *, most: int) -> dict[str, list[dict[str, Any]]]:
    """Return, by pair of annotators, the differing answers that are given most often, at most ``most`` of them."""
    differing = confusion.filter(pl.col("first_says") != pl.col("second_says"))
    ordered = differing.sort(["rows", "first_says", "second_says"], descending=[True, False, False])
    listed: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in ordered.iter_rows(named=True):
        pair = listed[f"{row.pop('first')}/{row.pop('second')}"]
        if len(pair) < most:
            pair.append(row)
    return dict(listed)


def _by_annotator(votes: Iterable[Vote]) -> dict[str, dict[str, str]]:
    answers: dict[str, dict[str, str]] = defaultdict(dict)
    for vote in votes:
        answers[vote.annotator][vote.id] = vote.category
    return answers


def _measure_pair(first: Mapping[str, str], second: Mapping[str, str], taxonomy: Taxonomy) -> dict[str, float]:
    both = sorted(first.keys() & second.keys())
    measured: dict[str, float] = {"n": len(both)}
    levels: tuple[tuple[Level, str], ...] = (("subcategory", ""), ("category", "_category"))
    for level, suffix in levels:
        a = [_seen_at(first[id_], level, taxonomy) for id_ in both]
        b = [_seen_at(second[id_], level, taxonomy) for id_ in both]
        measured["raw" + suffix] = round(float(np.mean(np.equal(a, b))), 4) if both else float("nan")
        kappa = cohen_kappa_score(a, b) if len({*a, *b}) > 1 else float("nan")
        measured["kappa" + suffix] = round(float(kappa), 4)
    return measured


def _alpha(units: Sequence[Sequence[str]], level: Level, taxonomy: Taxonomy) -> float:
    """Return alpha of ``units``, the votes on a sample each."""
    seen = [[_seen_at(code, level, taxonomy) for code in unit] for unit in units]
    values = sorted({code for unit in seen for code in unit})
    if len(values) < 2:
        return float("nan")
    columns = {value: i for i, value in enumerate(values)}
    counts = np.zeros((len(units), len(values)), dtype=int)
    for row, unit in enumerate(seen):
        for code in unit:
            counts[row, columns[code]] += 1
    return round(float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")), 4)


def _seen_at(answer: str, level: Level, taxonomy: Taxonomy) -> str:
    """Return an answer as seen at ``level``; anything but a subcategory stays what it is."""
    return taxonomy.category_of(answer) if level == "category" and answer in taxonomy else answer
