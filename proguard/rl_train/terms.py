"""The reward's terms by step, modality and role, and the groups that teach nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from proguard.rl_train.curve import count_flat, mean
from proguard.rl_train.rollouts import TERMS, Rollout
from proguard.storage.files import atomic_file

CELL_SCHEMA: Mapping[str, Any] = {
    "step": pl.Int64(),
    "modality": pl.String(),
    "role": pl.String(),
    "rollouts": pl.Int64(),
    "groups": pl.Int64(),
    "flat_groups": pl.Int64(),
    **dict.fromkeys(("reward", *TERMS), pl.Float64()),
}
"""Columns of ``terms.csv``: means of the reward and its terms over the rollouts of a step, a modality and a role, and
how many groups have one reward for all their rollouts, so that they teach nothing."""


def term_cells(step: int, rollouts: Sequence[Rollout]) -> list[dict[str, Any]]:
    """Return the lines of ``terms.csv`` of one step, sorted by modality and role."""
    cells: dict[tuple[str, str], list[Rollout]] = defaultdict(list)
    for rollout in rollouts:
        cells[rollout.target.modality, rollout.role].append(rollout)
    lines = []
    for (modality, role), members in sorted(cells.items()):
        groups, flat = count_flat(members)
        counts = {"rollouts": len(members), "groups": groups, "flat_groups": flat}
        lines.append({"step": step, "modality": modality, "role": role, **counts, **_means(members)})
    return lines


def term_curves(rollouts: Sequence[Rollout]) -> dict[str, float]:
    """Return the mean of each term of one step by modality and by role, named ``category/hidden``."""
    curves: dict[str, float] = {}
    for kind in sorted({r.target.modality for r in rollouts} | {r.role for r in rollouts}):
        members = [r for r in rollouts if kind in (r.target.modality, r.role)]
        curves |= {f"{term}/{kind}": value for term, value in _means(members).items()}
    return curves


def _means(rollouts: Sequence[Rollout]) -> dict[str, float]:
    terms = {term: mean([getattr(r.terms, term) for r in rollouts]) for term in TERMS}
    return {"reward": mean([r.reward for r in rollouts]), **terms}


def write_terms(cells: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write ``terms.csv``."""
    with atomic_file(folder / "terms.csv") as temporary:
        pl.DataFrame(cells, schema=CELL_SCHEMA, orient="row").write_csv(temporary)
