"""The report on a taxonomy mapping: what was mapped, what was not and why, what models cost, who agrees with whom."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from proguard.sample import Sample
from proguard.taxonomy import Taxonomy
from proguard.taxonomy_map.accuracy import find_contradicted, measure_accuracy
from proguard.taxonomy_map.agreement import list_confusions, measure_agreement, measure_alpha
from proguard.taxonomy_map.annotate import Ballot
from proguard.taxonomy_map.question import Question
from proguard.taxonomy_map.vote import Decision

MOST_CONFUSIONS = 10
"""Differing answers that the summary shows of a pair of annotators; confusion.parquet has all of them."""


def report_mapping(
    questions: Sequence[Question],
    decisions: Mapping[str, Decision],
    *,
    n_samples: int,
    ballot: Ballot,
    confusion: pl.DataFrame,
    taxonomy: Taxonomy,
) -> dict[str, Any]:
    """Return the summary of stage taxonomy_map.

    Args:
        decisions: One for each question.
        n_samples: Samples, safe ones included.
        confusion: Table of `proguard.taxonomy_map.agreement.count_confusion`.
    """
    unsafe = [(question.sample, decisions[question.id]) for question in questions]
    rows = Counter(decision.category for _, decision in unsafe if decision.category)
    unmapped = [(sample, decision) for sample, decision in unsafe if decision.category is None]
    return {
        "samples": n_samples,
        "unsafe": len(unsafe),
        "coverage": measure_coverage(decision for _, decision in unsafe),
        "coverage_by_source": _coverage_by("source", unsafe),
        "coverage_by_modality": _coverage_by("modality", unsafe),
        "unmapped_by_reason": dict(Counter(decision.reason for _, decision in unmapped)),
        "unmapped_by_source": dict(Counter(sample.source for sample, _ in unmapped)),
        "votes_by_annotator": dict(Counter(vote.annotator for vote in ballot.votes)),
        "models": {name: asdict(tally) for name, tally in ballot.tallies.items()},
        "accuracy": measure_accuracy(questions, ballot.votes, taxonomy),
        "contradicted_labels": find_contradicted(questions, ballot.votes, taxonomy),
        "agreement": measure_agreement(ballot.votes, taxonomy),
        "alpha": measure_alpha(ballot.votes, taxonomy),
        "confusions": list_confusions(confusion, most=MOST_CONFUSIONS),
        "rows_by_category": dict(rows),
        "subcategories_without_rows": [code for code in taxonomy.codes("subcategory") if code not in rows],
    }


def measure_coverage(decisions: Iterable[Decision]) -> float:
    """Return the share of decisions that gave a category, in [0, 1]; NaN without any."""
    mapped = [decision.category is not None for decision in decisions]
    return round(sum(mapped) / len(mapped), 4) if mapped else float("nan")


def _coverage_by(key: str, unsafe: Sequence[tuple[Sample, Decision]]) -> dict[str, float]:
    groups: dict[str, list[Decision]] = defaultdict(list)
    for sample, decision in unsafe:
        groups[getattr(sample, key)].append(decision)
    return {value: measure_coverage(groups[value]) for value in sorted(groups)}
