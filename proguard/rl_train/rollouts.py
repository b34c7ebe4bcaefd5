"""Rollouts as verl writes them down, each with the terms of its reward.

verl keeps the total only. The terms follow from it without an embedding: the labels are read again, and what they do
not explain is the category's.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from proguard.naming import NameBank, SimilarityConfig
from proguard.policy import OOD
from proguard.reward.config import RewardConfig
from proguard.reward.score import score
from proguard.rl_train.rows import target_from_json
from proguard.storage.files import read_json_lines
from proguard.target import Target
from proguard.taxonomy import Taxonomy

DIGITS = 6

_NO_EMBEDDING = SimilarityConfig("minilm_wheel", "", None, max_threshold=0, mean_threshold=0, name_floor=0)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a reward is made of; it is the sum of ``request``, ``response`` and ``category``."""

    format: float
    """1 when the completion can be read, otherwise 0, as are all other terms."""

    request: float
    """1 when the label is right, 2 where no response is due."""

    response: float
    """1 when the label is right."""

    category: float
    """In [0, 1]."""

    bonus: float
    """The part of ``category`` above what any name of an unlisted risk earns."""


TERMS = tuple(Terms.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Rollout:
    """One completion of one training row."""

    group: str
    """The same for all rollouts of a row in a step."""

    id: str
    """Sample that the row is about."""

    role: str
    """What the policy does with the row's category; see `proguard.row.Role`."""

    target: Target
    completion: str
    reward: float
    terms: Terms

    def to_json(self) -> dict[str, Any]:
        """Return the rollout without its prompt as plain values."""
        target = self.target
        truth = {"modality": target.modality, "role": self.role, "true_category": target.category, "gold": target.gold}
        earned = {"reward": self.reward, **asdict(self.terms)}
        return {"id": self.id, **truth, **earned, "completion": self.completion}


def read_rollouts(path: Path, taxonomy: Taxonomy, config: RewardConfig) -> list[Rollout]:
    """Return the rollouts of one step in file order.

    Args:
        path: JSONL with ``output``, ``gts``, ``score`` and ``uid`` of each rollout.
        taxonomy: What the categories are.
        config: The reward that trained.
    """
    lines = list(read_json_lines(path))
    targets = [target_from_json(line["gts"]) for line in lines]
    truths = [json.loads(line["gts"]) for line in lines]
    completions, totals = [line["output"] for line in lines], [round(line["score"], DIGITS) for line in lines]
    terms = split_rewards(completions, targets, totals, taxonomy, config)
    return [
        Rollout(line["uid"].rsplit("_", 2)[0], truth["id"], truth["role"], target, completion, total, terms_of_one)
        for line, truth, target, completion, total, terms_of_one in zip(
            lines, truths, targets, completions, totals, terms, strict=True
        )
    ]


def split_rewards(
    completions: Sequence[str],
    targets: Sequence[Target],
    totals: Sequence[float],
    taxonomy: Taxonomy,
    config: RewardConfig,
) -> list[Terms]:
    """Return the terms of rewards whose totals are known."""
    accepted = {"ok"} if config.requires_reasoning else {"ok", "empty_reasoning"}
    split = []
    for labels, target, total in zip(
        score(completions, targets, _bank_without_embedding(taxonomy), config), targets, totals, strict=True
    ):
        category = round(total - labels.request - labels.response, DIGITS)
        bonus = max(0.0, category - config.name) if target.is_unsafe and target.gold == OOD else 0.0
        format_ = float(labels.status in accepted)
        split.append(Terms(format_, labels.request, labels.response, category, round(bonus, DIGITS)))
    return split


@cache
def _bank_without_embedding(taxonomy: Taxonomy) -> NameBank:
    """Return a bank that finds every name equally near; of what it scores only the labels are right."""
    return NameBank(taxonomy, _NO_EMBEDDING, lambda texts: np.zeros((len(texts), 1)))
