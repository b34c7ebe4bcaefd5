"""What a release says about its guard: how it was measured, what it was trained on, and what it takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from proguard.evaluate.report.headline import HEADLINES, Headline
from proguard.storage.files import read_json

ALL = "all"
"""Key of the metrics over all modalities."""


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
        ValueError: When its metrics hold no such guard.
    """
    for name in ("params.yaml", "metrics.json"):
        if not (root / name).is_file():
            raise FileNotFoundError(f"{root / name}: no such file; run `dvc repro`, or name its folder with --pipeline")
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    metrics = read_json(root / "metrics.json")
    if guard not in metrics:
        raise ValueError(f"{root / 'metrics.json'}: no guard {guard}; it has {', '.join(metrics)}")
    summary = read_json(root / params["paths"]["summaries"] / "collect.json")
    return Record(
        measured=tuple(_read_measured(metrics[guard])),
        sources=tuple(_read_sources(params["collect"], summary)),
        profile=params["profile"],
        confidence=params["evaluate"]["confidence"],
    )


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
