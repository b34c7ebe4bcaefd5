"""The training curve: what each step earned, read from what verl wrote down."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from proguard.naming import is_free_name
from proguard.policy import OOD
from proguard.rl_train.fit import Kept
from proguard.rl_train.rollouts import DIGITS, Rollout
from proguard.sample import MODALITIES
from proguard.storage.files import atomic_file, read_json_lines
from proguard.taxonomy import Taxonomy
from proguard.verdict import parse

VERL_METRICS: Mapping[str, str] = {
    "kl": "actor/kl_loss",
    "entropy": "actor/entropy",
    "clip_fraction": "actor/pg_clipfrac",
    "gradient_norm": "actor/grad_norm",
    "response_tokens": "response_length/mean",
}
"""Columns of the curve that verl computes, by verl's name."""


def describe_step(rollouts: Sequence[Rollout], taxonomy: Taxonomy) -> dict[str, float]:
    """Return the numbers of one step.

    Mean reward, of all rollouts and by modality; malformed rate; share of the rollouts of OOD rows that give a free
    name; share of the groups whose rewards are all equal, so that their advantages are 0.
    """
    targets = [rollout.target for rollout in rollouts]
    parsed = [parse(r.completion, has_response=r.target.has_response) for r in rollouts]
    scores = [rollout.reward for rollout in rollouts]
    step = {"reward": mean(scores), "malformed_rate": mean([not p.is_well_formed for p in parsed])}
    for modality in MODALITIES:
        step[f"reward_{modality}"] = mean([s for s, t in zip(scores, targets, strict=True) if t.modality == modality])
    said = [p.verdict.category if p.verdict is not None and p.is_well_formed else None for p in parsed]
    step["named_ood_rate"] = mean(
        [
            name is not None and is_free_name(name, t.policy, taxonomy)
            for name, t in zip(said, targets, strict=True)
            if t.gold == OOD
        ]
    )
    n_groups, n_flat = count_flat(rollouts)
    step["flat_group_rate"] = round(n_flat / n_groups, DIGITS)
    return step


def count_flat(rollouts: Sequence[Rollout]) -> tuple[int, int]:
    """Return the number of groups, and of those whose rewards are all equal."""
    rewards: dict[str, set[float]] = defaultdict(set)
    for rollout in rollouts:
        rewards[rollout.group].add(rollout.reward)
    return len(rewards), sum(len(different) == 1 for different in rewards.values())


def mean(values: Sequence[float]) -> float:
    """Mean that does not depend on the order of ``values``; NaN of none."""
    return round(math.fsum(values) / len(values), DIGITS) if values else math.nan


def read_verl_log(logs: Sequence[Path]) -> dict[int, dict[str, float]]:
    """Return `VERL_METRICS` by step from verl's file loggers, one for each start; later starts win."""
    steps: dict[int, dict[str, float]] = {}
    for log in logs:
        for entry in read_json_lines(log, may_be_cut=True):
            values = {ours: entry["data"].get(theirs) for ours, theirs in VERL_METRICS.items()}
            steps[entry["step"]] = {k: round(v, DIGITS) for k, v in values.items() if v is not None}
    return steps


def curve_table(steps: Mapping[int, Mapping[str, float]]) -> pl.DataFrame:
    """Return the curve, a line per step in order, a column per number; absent ones are null."""
    names = sorted({name for values in steps.values() for name in values})
    columns = {name: [steps[s].get(name) for s in sorted(steps)] for name in names}
    return pl.DataFrame({"step": sorted(steps), **columns}).fill_nan(None)


def write_curve(curve: pl.DataFrame, folder: Path) -> None:
    """Write ``curve.csv``, a line per step."""
    with atomic_file(folder / "curve.csv") as temporary:
        curve.write_csv(temporary)


def summarise_training(curve: pl.DataFrame, kept: Kept) -> dict[str, Any]:
    """Return the numbers of a run: its size, and the mean over the first and the last tenth of its steps."""
    span = max(1, len(curve) // 10)
    summary: dict[str, Any] = {"steps": len(curve), "rows": kept.to_json()}
    for column in curve.columns:
        values = curve[column].drop_nulls().to_numpy()
        if column != "step" and len(values):
            summary[f"{column}_first"] = round(float(values[:span].mean()), DIGITS)
            summary[f"{column}_last"] = round(float(values[-span:].mean()), DIGITS)
    return summary
