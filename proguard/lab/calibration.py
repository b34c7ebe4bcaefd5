"""What a floor under the cosine costs and buys, on names that the reward does not use (``pairs.yaml``).

proguard lab --calibrate similarity=minilm_wheel
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from proguard.naming import NameBank
from proguard.policy import Policy
from proguard.reward.contrast import Naming, measure_names, place_names
from proguard.storage.yaml_file import read_yaml
from proguard.taxonomy import Level

PAIRS = Path(__file__).parent / "pairs.yaml"
FLOORS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
LEVELS: tuple[Level, ...] = ("subcategory", "category")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names with what is right about them."""

    right: dict[str, list[str]]
    """Names of each category, by code."""

    empty: list[str]
    """Names that fit every risk."""


def read_pairs(bank: NameBank, path: Path = PAIRS) -> Pairs:
    """Read the pairs.

    Raises:
        ValueError: When they name a category that the taxonomy lacks, or a name is one of the taxonomy's own.
    """
    pairs = Pairs(**read_yaml(path))
    if unknown := sorted(set(pairs.right) - {node.code for node in bank.taxonomy}):
        raise ValueError(f"{path.name}: the taxonomy has no {', '.join(unknown)}; the pairs are for the default one")
    own = {text.casefold() for node in bank.taxonomy for text in (node.name, *node.synonyms)}
    if used := sorted(name for names in pairs.right.values() for name in names if name.casefold() in own):
        raise ValueError(f"{path.name}: {used[0]!r} is a name of the taxonomy; the reward uses it")
    return pairs


def draw_curve(pairs: Pairs, bank: NameBank, floors: Sequence[float] = FLOORS) -> pl.DataFrame:
    """Return the credited share of each kind of name, a line per level, rule and floor.

    Columns: ``right``, of names with their own category; ``other``, of names with each other category; ``empty``, of
    empty names with every category, the mean and the worst name. Rule ``cosine`` asks for the floor only.
    """
    lines = []
    for level in LEVELS:
        codes = [code for code in bank.taxonomy.codes(level) if code in pairs.right]
        names = [(name, code) for code in codes for name in pairs.right[code]]
        is_own = np.array([[code == own for code in codes] for _, own in names])
        for rule in ("cosine", "contrast"):
            for floor in floors:
                right = _credited([name for name, _ in names], codes, level, bank, floor, rule == "contrast")
                empty = _credited(pairs.empty, codes, level, bank, floor, rule == "contrast")
                shares = [right[is_own].mean(), right[~is_own].mean(), empty.mean(), empty.mean(axis=1).max()]
                lines.append([level, rule, floor, *(round(float(share), 4) for share in shares)])
    columns = ["level", "rule", "floor", "right", "other", "empty_mean", "empty_worst"]
    return pl.DataFrame(lines, schema=columns, orient="row")


def _credited(
    names: Sequence[str], codes: Sequence[str], level: Level, bank: NameBank, floor: float, has_contrast: bool
) -> np.ndarray:
    """Return which name is credited for which code, ``(names, codes)``."""
    if not has_contrast:
        columns = [bank.taxonomy.codes(level).index(code) for code in codes]
        return measure_names(names, level, bank)[0][:, columns] >= floor
    floored = replace(bank, config=replace(bank.config, name_floor=floor))
    namings = [Naming(name, code, Policy(level, ())) for name in names for code in codes]
    placed = place_names(namings, floored)
    return np.array([p.is_nearest for p in placed]).reshape(len(names), len(codes))
