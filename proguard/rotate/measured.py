"""What a finished fold measured: its metrics.json, and its novel rows looked at category by category."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.evaluate.metrics.estimate import ALL, measure
from proguard.evaluate.metrics.outcome import Outcome
from proguard.evaluate.metrics.predictions import judge_all
from proguard.naming import NameBank
from proguard.reward.config import RewardConfig
from proguard.rotate.table import Category, Fold
from proguard.runtime.params import read_params
from proguard.runtime.reading import reading
from proguard.storage.files import read_json

RUN_AGAIN = "`dvc repro` in the fold's folder makes it again"
"""Remedy for a file of a fold."""

_NEEDS = ("reward", "evaluate", *(f"paths.{name}" for name in ("metrics", "predictions", "splits", "summaries")))
"""Settings that are read."""


def read_fold(folder: Path, number: int) -> Fold:
    """Return what the fold in ``folder`` measured.

    Raises:
        FileNotFoundError, ValueError: When a file of the fold is missing or damaged.
    """
    params = _read_params(folder)
    split, metrics = folder / params["paths"]["summaries"] / "ood_split.json", folder / params["paths"]["metrics"]
    with reading(split, RUN_AGAIN):
        novel = tuple(read_json(split)["novel"])
    with reading(metrics, RUN_AGAIN):
        return Fold(number, novel, dict(read_json(metrics)))


def measure_categories(folder: Path, fold: Fold, bank: NameBank) -> Iterator[Category]:
    """Yield how each guard did on the rows of each novel category of a fold.

    Args:
        folder: Of the fold.
        fold: What `read_fold` returned.
        bank: Names of the categories, embedded.
    """
    params = _read_params(folder)
    evaluate = params["evaluate"]
    predictions = folder / params["paths"]["predictions"]
    with reading(predictions, RUN_AGAIN):
        outcomes = judge_all(
            [evaluate["baseline"], evaluate["trained"]],
            [evaluate["test_set"]],
            predictions=predictions,
            splits=folder / params["paths"]["splits"],
            bank=bank,
            reward=RewardConfig(**params["reward"]),
        )[evaluate["test_set"]]
    settings = {key: evaluate[key] for key in ("baseline", "trained", "n_resamples", "confidence", "seed")}
    for code in fold.novel:
        own = {guard: [o for o in rows if _is_of(o, code, bank)] for guard, rows in outcomes.items()}
        if not own[evaluate["trained"]]:
            continue
        measured = measure(own, **settings)
        for guard in own:
            tasks = measured[guard][ALL]
            yield Category(
                code=code,
                name=bank.taxonomy[code].name,
                fold=fold.number,
                guard=guard,
                noticed=tasks["ood_detection"]["recall"],
                named=tasks["ood_description"]["share_novel"],
            )


def _is_of(outcome: Outcome, code: str, bank: NameBank) -> bool:
    category = outcome.target.category
    return outcome.row.role == "novel" and category is not None and bank.taxonomy.category_of(category) == code


def _read_params(folder: Path) -> Mapping[str, Any]:
    return read_params(folder / "params.yaml", needs=_NEEDS)
