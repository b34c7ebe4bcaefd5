"""What a finished fold measured: its metrics.json, and its novel rows looked at category by category."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from proguard.evaluate.metrics.estimate import ALL, measure
from proguard.evaluate.metrics.outcome import Outcome
from proguard.evaluate.metrics.predictions import judge_all
from proguard.naming import NameBank
from proguard.reward.config import RewardConfig
from proguard.rotate.table import Category, Fold
from proguard.storage.files import read_json


def read_fold(folder: Path, number: int) -> Fold:
    """Return what the fold in ``folder`` measured.

    Raises:
        FileNotFoundError: When a file of the fold is missing.
    """
    params = _read_params(folder)
    novel = read_json(folder / params["paths"]["summaries"] / "ood_split.json")["novel"]
    return Fold(number, tuple(novel), read_json(folder / params["paths"]["metrics"]))


def measure_categories(folder: Path, fold: Fold, bank: NameBank) -> Iterator[Category]:
    """Yield how each guard did on the rows of each novel category of a fold.

    Args:
        folder: Of the fold.
        fold: What `read_fold` returned.
        bank: Names of the categories, embedded.
    """
    params = _read_params(folder)
    evaluate = params["evaluate"]
    outcomes = judge_all(
        [evaluate["baseline"], evaluate["trained"]],
        [evaluate["test_set"]],
        predictions=folder / params["paths"]["predictions"],
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
    return OmegaConf.to_container(OmegaConf.load(folder / "params.yaml"), resolve=True)
