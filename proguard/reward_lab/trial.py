"""A trial: every probe on every row under every rule, as a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from proguard.naming import NameBank
from proguard.policy import OOD
from proguard.reward.config import RewardConfig
from proguard.reward.score import Reward, max_reward, score
from proguard.reward_lab.probes import REFERENCE, Answer, Case
from proguard.sample import content_hash
from proguard.target import Target

RowLabel = Literal["safe", "listed", "unlisted", "unmapped"]
"""Safe, or unsafe with a category that the policy shows, that it does not show, or that nobody knows."""

DIGITS = 3
"""Decimals of the table: few, so that another machine's cosines give the same file."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one probe earned under one rule, by row."""

    rule: str
    probe: str
    rewards: tuple[Reward, ...]


def label_of(target: Target) -> RowLabel:
    """Return which kind of answer is right about a row."""
    if not target.is_unsafe:
        return "safe"
    if target.gold is None:
        return "unmapped"
    return "unlisted" if target.gold == OOD else "listed"


def draw_cases(cases: Iterable[Case], n: int, *, seed: int) -> list[Case]:
    """Return ``n`` cases, or all when there are fewer; which ones does not depend on their order."""
    return sorted(cases, key=lambda case: content_hash(str(seed), case.row.sample.id))[:n]


def run_trials(
    cases: Sequence[Case], probes: Mapping[str, Answer], rules: Mapping[str, RewardConfig], bank: NameBank
) -> list[Trial]:
    """Return the trial of each probe under each rule."""
    targets = [case.target for case in cases]
    completions = {name: [answer(case) for case in cases] for name, answer in probes.items()}
    return [
        Trial(rule, name, tuple(score(completions[name], targets, bank, config)))
        for rule, config in rules.items()
        for name in probes
    ]


def tabulate(trials: Sequence[Trial], cases: Sequence[Case], rules: Mapping[str, RewardConfig]) -> pl.DataFrame:
    """Return a line per rule, probe, modality and label, in this order.

    Columns: ``rows``; ``reward``, the mean in [0, 3]; ``of_most``, its share of the most that these rows can give;
    ``credited``, the share of rows whose category term is above 0; ``credit``, the mean of that term.
    """
    records = [
        {
            "rule": trial.rule,
            "probe": trial.probe,
            "modality": case.target.modality,
            "label": label_of(case.target),
            "reward": reward.total,
            "most": max_reward(case.target, rules[trial.rule]),
            "credited": float(reward.category > 0),
            "credit": reward.category,
        }
        for trial in trials
        for case, reward in zip(cases, trial.rewards, strict=True)
    ]
    groups = pl.DataFrame(records).group_by("rule", "probe", "modality", "label", maintain_order=True)
    table = groups.agg(
        pl.len().alias("rows"),
        pl.mean("reward").round(DIGITS),
        (pl.sum("reward") / pl.sum("most")).round(DIGITS).alias("of_most"),
        pl.mean("credited", "credit").round(DIGITS),
    )
    order = {trial.probe: i for i, trial in enumerate(trials)}
    position = pl.col("probe").replace_strict(order, return_dtype=pl.Int64)
    return table.sort(pl.col("rule").replace_strict({r: i for i, r in enumerate(rules)}), position, "modality", "label")


def better_than_honest(trials: Sequence[Trial], rule: str) -> dict[str, int]:
    """Return the probes that earn more than the honest reference on a row under ``rule``, with how many rows."""
    own = {trial.probe: trial.rewards for trial in trials if trial.rule == rule}
    honest = own[REFERENCE]
    counts = {
        name: sum(r.total > h.total + 1e-9 for r, h in zip(rewards, honest, strict=True))
        for name, rewards in own.items()
    }
    return {name: n for name, n in counts.items() if n}
