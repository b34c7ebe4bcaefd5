"""The lab from rows to findings: probes, the search for a constant name, and the gate."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from proguard.naming import NameBank
from proguard.policy import OOD
from proguard.reward.config import RewardConfig
from proguard.reward.contrast import EMPTY_NAMES
from proguard.reward_lab.constant_names import ConstantName, frequent_words, search_names, weigh_names
from proguard.reward_lab.gate import GateLimits, find_faults
from proguard.reward_lab.probes import PROBES, make_case, name_always
from proguard.reward_lab.trial import DIGITS, draw_cases, run_trials, tabulate
from proguard.row import Row

N_NAMES = 10
"""Constant names in the summary."""

BEST_NAME = "always the best constant name"


@dataclass(frozen=True, slots=True)
class LabPlan:
    """What the lab tries, and how much of it."""

    rules: Mapping[str, RewardConfig]
    """The rewards that are shown, by name."""

    gated: str
    """The one of them that would train a guard."""

    limits: GateLimits
    max_rows: int
    """Rows that are probed, at most."""

    n_words: int
    """Frequent words that the search for a constant name starts from."""

    max_words: int
    """Most words of such a name, at least 1."""

    seed: int
    """Seed of the draw of rows."""


def plan_lab(
    reward: RewardConfig,
    *,
    rules: Mapping[str, Mapping[str, Any]],
    max_share: float,
    max_mean: float,
    max_word_share: float,
    **size: int,
) -> LabPlan:
    """Return the plan of section ``reward_lab``; a reward that is none of ``rules`` is shown as ``training``."""
    shown = {name: RewardConfig(**values) for name, values in rules.items()}
    gated = next((name for name, rule in shown.items() if rule == reward), "training")
    return LabPlan({**shown, gated: reward}, gated, GateLimits(max_share, max_mean, max_word_share), **size)


@dataclass(frozen=True, slots=True)
class Findings:
    """What the lab found."""

    table: pl.DataFrame
    """See `proguard.reward_lab.trial.tabulate`."""

    names: tuple[ConstantName, ...]
    """Constant names that were tried under the rule that is gated, the highest balanced mean first."""

    word_share: float
    """Share of the frequent words that are credited for any category, in [0, 1]."""

    faults: tuple[str, ...]
    """Why the gate does not hold; empty when it does."""

    is_open: bool
    """Whether the rule credits every name, which the gate then does not ask about."""

    def overview(self) -> pl.DataFrame:
        """Return the mean reward of each probe over all rows, a column per rule."""
        total = (pl.col("reward") * pl.col("rows")).sum() / pl.col("rows").sum()
        means = self.table.group_by("rule", "probe", maintain_order=True).agg(total.round(2).alias("reward"))
        return means.pivot("rule", index="probe", values="reward")

    def best_names(self) -> pl.DataFrame:
        """Return the `N_NAMES` best constant names where categories have as many rows, a line each."""
        return pl.DataFrame([_rounded(name) for name in self.names[:N_NAMES]])

    def best_on_rows(self) -> pl.DataFrame:
        """Return the `N_NAMES` best constant names on the rows as they are."""
        return pl.DataFrame([_rounded(name) for name in _rank_on_rows(self.names)[:N_NAMES]])

    def summary(self) -> dict[str, Any]:
        """Return the findings as plain values."""
        names = {"best_names": self.best_names().to_dicts(), "best_on_rows": self.best_on_rows().to_dicts()}
        gate = {"faults": list(self.faults), "names_are_gated": not self.is_open}
        return {**gate, "word_share": round(self.word_share, DIGITS), **names}

    def conclusion(self, rule: str) -> str:
        """Return what the gate says of the rule, a line or more."""
        if self.faults:
            return "".join(f"FAULT: {fault}\n" for fault in self.faults)
        if not self.is_open:
            return f"The gate of {rule} holds.\n"
        best = max(self.names, key=lambda name: name.balanced.mean)
        return (
            f"{rule} credits every name (requires_nearest: false), so names are not gated: {best.name!r} is credited "
            f"on {best.balanced.share:.0%} of the risks. The rest of its gate holds.\n"
        )


def _rank_on_rows(names: Sequence[ConstantName]) -> list[ConstantName]:
    return sorted(names, key=lambda n: (-round(n.on_rows.mean, 4), n.name))


def _rounded(name: ConstantName) -> dict[str, Any]:
    values = {
        f"{earned}_{value}": round(getattr(getattr(name, earned), value), DIGITS)
        for earned in ("balanced", "on_rows")
        for value in ("share", "mean")
    }
    return {"name": name.name, **values, "codes": " ".join(name.codes)}


def run_lab(rows: Sequence[Row], plan: LabPlan, bank: NameBank) -> Findings:
    """Probe every rule on ``rows``, and hold the one that would train a guard to its limits.

    Raises:
        ValueError: When there is no unlisted row to name.
    """
    cases = draw_cases((make_case(row, bank.taxonomy) for row in rows), plan.max_rows, seed=plan.seed)
    unlisted = Counter(c.code for c in cases if c.code is not None and c.target.gold == OOD)
    if not unlisted:
        raise ValueError(f"reward_lab: none of {len(cases)} rows has a risk that its policy does not list")
    rule = plan.rules[plan.gated]
    names = search_names(unlisted, bank, rule, n_words=plan.n_words, max_words=plan.max_words)
    probes = {**PROBES, BEST_NAME: name_always(_rank_on_rows(names)[0].name)}
    trials = run_trials(cases, probes, plan.rules, bank)
    tried = [*names, *weigh_names(EMPTY_NAMES, unlisted, bank, rule)]
    word_share = share_credited(names, frequent_words(bank, plan.n_words))
    faults = find_faults(
        trials, cases, tried, word_share=word_share, taxonomy=bank.taxonomy,
        rule=plan.gated, config=rule, limits=plan.limits,
    )  # fmt: skip
    table = tabulate(trials, cases, plan.rules)
    return Findings(table, tuple(names), word_share, tuple(faults), is_open=not rule.requires_nearest)


def share_credited(names: Sequence[ConstantName], words: Sequence[str]) -> float:
    """Return the share of ``words``, all of them tried, that are credited for a category; 0 when there are none."""
    credited = {name.name for name in names if name.codes}
    return sum(word in credited for word in words) / len(words) if words else 0.0
