"""What the pipeline's summaries say of the data: how good its categories are, what it leaks, what it lacks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proguard.evaluate.report.duplicates import describe_duplicates
from proguard.release.record import REPRO
from proguard.runtime.reading import reading
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
        ValueError: When its summary is damaged.
    """
    mapping, leakage, split = (summaries / f"{name}.json" for name in ("taxonomy_map", "leakage", "ood_split"))
    with reading(leakage, REPRO):
        duplicates = read_json(leakage)
        sentence, dropped = describe_duplicates(duplicates).sentence, duplicates["dropped_rows"]
    with reading(split, REPRO):
        warnings = read_json(split)["training"]["warnings"]
    with reading(mapping, REPRO):
        mapped = read_json(mapping)
        return Quality(
            coverage=mapped["coverage"],
            coverage_by_source=mapped["coverage_by_source"],
            accuracy=tuple(_list_accuracy(mapped["accuracy"])),
            contradicted=mapped["contradicted_labels"],
            leakage=sentence,
            dropped=dropped,
            warnings=warnings,
        )


def _list_accuracy(measured: Mapping[str, Any]) -> Iterator[Accuracy]:
    for source, annotators in measured.items():
        for name, found in annotators.items():
            kept = {key: found[key] for key in ("votes", "coverage", "exact", "category", "kappa")}
            yield Accuracy(source, name, **kept)
