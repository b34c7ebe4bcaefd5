"""The report on a taxonomy mapping: what was mapped, what was not and why, and how far the annotators agree."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from sklearn.metrics import cohen_kappa_score

from proguard.annotators.vote import Decision, Vote
from proguard.sample import Sample
from proguard.taxonomy import Taxonomy, code_at


def report_mapping(
    samples: Sequence[Sample], decisions: Mapping[str, Decision], votes: Sequence[Vote], taxonomy: Taxonomy
) -> dict[str, Any]:
    """Return the summary of stage taxonomy_map.

    Args:
        samples: All of them, mapped.
        decisions: One for each unsafe sample.
    """
    unsafe = [sample for sample in samples if sample.is_unsafe]
    rows = Counter(sample.category for sample in unsafe if sample.category)
    unmapped = [sample for sample in unsafe if sample.category is None]
    return {
        "samples": len(samples),
        "unsafe": len(unsafe),
        "coverage": measure_coverage(unsafe),
        "coverage_by_source": _coverage_by(unsafe, "source"),
        "coverage_by_modality": _coverage_by(unsafe, "modality"),
        "unmapped_by_reason": dict(Counter(decisions[sample.id].reason for sample in unmapped)),
        "unmapped_by_source": dict(Counter(sample.source for sample in unmapped)),
        "votes_by_annotator": dict(Counter(vote.annotator for vote in votes)),
        "agreement": measure_agreement(votes),
        "rows_by_category": dict(rows),
        "subcategories_without_rows": [code for code in taxonomy.codes("subcategory") if code not in rows],
    }


def measure_coverage(unsafe: Sequence[Sample]) -> float:
    """Return the share of unsafe samples that have a category; NaN without samples."""
    return round(sum(s.category is not None for s in unsafe) / len(unsafe), 4) if unsafe else float("nan")


def measure_agreement(votes: Iterable[Vote]) -> dict[str, dict[str, float]]:
    """Return raw agreement and Cohen's kappa of each pair of annotators, on the samples that both voted on.

    At subcategory level and, suffixed ``_category``, at category level. Kappa is NaN without such samples, and where
    both give one and the same answer throughout.
    """
    answers: dict[str, dict[str, str]] = {}
    for vote in votes:
        answers.setdefault(vote.annotator, {})[vote.id] = vote.category
    return {
        f"{first}/{second}": _measure_pair(answers[first], answers[second])
        for first, second in combinations(sorted(answers), 2)
    }


def _measure_pair(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, float]:
    both = sorted(first.keys() & second.keys())
    measured: dict[str, float] = {"n": len(both)}
    for level, suffix in (("subcategory", ""), ("category", "_category")):
        a = [code_at(first[id_], level) for id_ in both]
        b = [code_at(second[id_], level) for id_ in both]
        measured["raw" + suffix] = round(float(np.mean(np.equal(a, b))), 4) if both else float("nan")
        kappa = cohen_kappa_score(a, b) if len({*a, *b}) > 1 else float("nan")
        measured["kappa" + suffix] = round(float(kappa), 4)
    return measured


def _coverage_by(unsafe: Sequence[Sample], key: str) -> dict[str, float]:
    values = sorted({getattr(sample, key) for sample in unsafe})
    return {value: measure_coverage([s for s in unsafe if getattr(s, key) == value]) for value in values}
