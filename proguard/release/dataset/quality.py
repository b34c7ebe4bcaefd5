"""What the pipeline's summaries say of the data: how good its categories are, what it leaks, what it lacks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proguard.evaluate.report.duplicates import describe_duplicates
from proguard.storage.files import read_json


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often an annotator is right on the rows of a source whose own label names one category."""

    source: str
    annotator: str
    votes: int
    coverage: float
    exact: float
    category: float
    kappa: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Everything that the data card states as measured."""

    coverage: float
    """Share of the unsafe samples that got a category; NaN without any, as all shares here."""

    coverage_by_source: Mapping[str, float]
    accuracy: tuple[Accuracy, ...]
    contradicted: Sequence[Mapping[str, Any]]
    """Labels of sources that annotators contradict in most votes."""

    leakage: str
    dropped: int
    """Samples that an evaluation set contaminates; they are left out of training."""

    warnings: Sequence[str]
    """What the training rows can hardly teach."""


def read_quality(summaries: Path) -> Quality:
    """Return the quality of a finished pipeline's data.

    Raises:
        FileNotFoundError: When a stage has not run.
    """
    mapping, leakage = read_json(summaries / "taxonomy_map.json"), read_json(summaries / "leakage.json")
    return Quality(
        coverage=mapping["coverage"],
        coverage_by_source=mapping["coverage_by_source"],
        accuracy=tuple(_list_accuracy(mapping["accuracy"])),
        contradicted=mapping["contradicted_labels"],
        leakage=describe_duplicates(leakage).sentence,
        dropped=leakage["dropped_rows"],
        warnings=read_json(summaries / "ood_split.json")["training"]["warnings"],
    )


def _list_accuracy(measured: Mapping[str, Any]) -> Iterator[Accuracy]:
    for source, annotators in measured.items():
        for name, found in annotators.items():
            kept = {key: found[key] for key in ("votes", "coverage", "exact", "category", "kappa")}
            yield Accuracy(source, name, **kept)
