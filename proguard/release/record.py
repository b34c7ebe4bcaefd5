"""What a release says about its guard: how it was measured, what it was trained on, and what it takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proguard.evaluate.report.headline import HEADLINES, Headline
from proguard.runtime.params import read_params
from proguard.runtime.reading import reading
from proguard.storage.files import read_json

ALL = "all"
"""Key of the metrics over all modalities."""


REPRO = "run `dvc repro`, or name the pipeline's folder with --pipeline"
"""Remedy for a file of the pipeline."""

_NEEDS = ("paths.summaries", "collect.sources", "collect.benchmarks", "profile", "evaluate.confidence")
"""Settings that are read."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric of one test set."""

    test_set: str
    headline: Headline
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Source:
    """One data set that the guard was trained or tested on."""

    name: str
    licence: str
    revision: str
    samples: int


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that the model card states as measured."""

    measured: tuple[Measured, ...]
    sources: tuple[Source, ...]
    profile: str
    confidence: float


def read_record(root: Path, guard: str) -> Record:
    """Return the record of a guard from the files of a finished pipeline.

    Args:
        root: Folder of params.yaml and metrics.json.
        guard: Name of the guard in the metrics.

    Raises:
        FileNotFoundError: When the pipeline has not run.
        ValueError: When a file is damaged, or its metrics hold no such guard.
    """
    params = read_params(root / "params.yaml", needs=_NEEDS)
    metrics_file, summary_file = root / "metrics.json", root / params["paths"]["summaries"] / "collect.json"
    with reading(metrics_file, REPRO):
        metrics = {name: dict(test_sets) for name, test_sets in read_json(metrics_file).items()}
    if guard not in metrics:
        raise ValueError(f"{metrics_file}: no guard {guard}; it has {', '.join(metrics) or 'none'}")
    with reading(metrics_file, REPRO):
        measured = tuple(_read_measured(metrics[guard]))
    with reading(summary_file, REPRO):
        sources = tuple(_read_sources(params["collect"], read_json(summary_file)))
    return Record(measured, sources, params["profile"], params["evaluate"]["confidence"])


def _read_measured(test_sets: Mapping[str, Any]) -> Iterator[Measured]:
    for test_set, modalities in test_sets.items():
        for headline in HEADLINES:
            found = modalities[ALL].get(headline.task, {}).get(headline.metric)
            if found and found["value"] is not None:
                yield Measured(test_set, headline, found["value"], found["low"], found["high"], found["n"])


def _read_sources(collect: Mapping[str, Any], summary: Mapping[str, Any]) -> Iterator[Source]:
    for group in ("sources", "benchmarks"):
        for name, entry in collect[group].items():
            counted = summary.get(group, {}).get(name, {})
            revision = str(entry.get("revision") or "-")
            yield Source(name, str(entry.get("licence", "not stated")), revision, counted.get("samples", 0))
