"""The reward of one completion: ``format * (request + response + category)``, in [0, 3].

Two rules. ``paper`` is the published one, holes included. ``strict``, the default, closes them: only ids that the
policy shows are ids, a wrong id of the right category earns more than any other, a completion without reasoning is
malformed, and a free name earns only when it is one (`is_free_name`) and comes near the true category.
"""

import hashlib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from proguard import naming, target, verdict
from proguard.naming import NameBank, is_free_name, naming_bonus
from proguard.policy import OOD
from proguard.target import Target
from proguard.taxonomy import Taxonomy, category_of
from proguard.verdict import Parsed, ParseStatus, Verdict, looks_like_id, parse

RewardRule = Literal["strict", "paper"]


@dataclass(frozen=True, slots=True)
class Reward:
    """Reward of one completion, by term."""

    status: ParseStatus
    request: float
    """1 when right, 2 when right and the sample has no response."""

    response: float
    """1 when right; 0 when the sample has no response."""

    category: float
    """In [0, 1]."""

    bonus: float
    """The part of ``category`` that nearness to the true category gave, in [0, 0.5]."""

    is_named: bool
    """Whether the completion gave a free name that counts as one."""

    @property
    def total(self) -> float:
        """What GRPO maximises, in [0, 3]."""
        return self.request + self.response + self.category


def score(completions: Sequence[str], targets: Sequence[Target], bank: NameBank, rule: RewardRule) -> list[Reward]:
    """Return the reward of each completion, names embedded in one batch.

    A side without a label earns its point whatever is said of it, and the request of a sample without a response earns
    two, so that the maximum depends on the category only.

    Raises:
        ValueError: When the two sequences differ in length.
    """
    parsed = [parse(c, has_response=t.has_response) for c, t in zip(completions, targets, strict=True)]
    named = [p.verdict.category for p, t in zip(parsed, targets, strict=True) if _is_naming(p, t)]
    if named:
        bank.embed(named)
    return [_score_one(p, t, bank, rule) for p, t in zip(parsed, targets, strict=True)]


def _is_naming(parsed: Parsed, target: Target) -> bool:
    said = parsed.verdict and parsed.verdict.category
    return said is not None and target.gold == OOD and not looks_like_id(said)


def _score_one(parsed: Parsed, target: Target, bank: NameBank, rule: RewardRule) -> Reward:
    said = parsed.verdict
    accepted = ("ok", "empty_reasoning") if rule == "paper" else ("ok",)
    if said is None or parsed.status not in accepted:
        return Reward(parsed.status, 0.0, 0.0, 0.0, 0.0, False)
    request = float(target.request_label in (None, said.request)) * (1 if target.has_response else 2)
    response = float(target.response_label in (None, said.response)) if target.has_response else 0.0
    category = bonus = 0.0
    is_named = said.category is not None and is_free_name(said.category, target.policy, bank.taxonomy)
    if target.is_unsafe and said.is_unsafe and target.gold == OOD:
        category, bonus = _score_name(said.category, target, bank, rule, is_named)
    elif target.is_unsafe and said.is_unsafe and target.gold is not None:
        category = _score_id(said.category, target, rule)
    return Reward(parsed.status, request, response, category, bonus, is_named)


def _score_id(said: str, target: Target, rule: RewardRule) -> float:
    if said == target.gold:
        return 1.0
    if rule == "paper":
        return 0.5 if looks_like_id(said) else 0.0
    code = target.policy.code_of(said)
    if code is None:
        return 0.0
    is_sibling = target.policy.level == "subcategory" and category_of(code) == category_of(target.category)
    return 0.5 if is_sibling else 0.25


def _score_name(name: str, target: Target, bank: NameBank, rule: RewardRule, is_named: bool) -> tuple[float, float]:
    if (rule == "paper" and looks_like_id(name)) or (rule == "strict" and not is_named):
        return 0.0, 0.0
    similarities = bank.similarities([name], target.category)[0]
    if rule == "strict" and similarities.max() < bank.config.name_floor:
        return 0.0, 0.0
    bonus = naming_bonus(similarities, bank.config)
    return 0.5 + bonus, bonus


def reference_verdict(target: Target, taxonomy: Taxonomy) -> Verdict:
    """Return the answer that earns the maximum: the labels, and the id or the true category's own name."""
    request, response = target.request_label or "safe", target.response_label or "safe"
    category = None
    if target.is_unsafe:
        category = taxonomy[target.category].name if target.gold == OOD else target.gold
        category = category or "unmapped risk"
    return Verdict(
        request=request,
        response=response if target.has_response else None,
        category=category,
        reasoning="reference",
    )


def max_reward(target: Target) -> float:
    """Return the most that a completion about ``target`` can earn: 3 with a gold category, else 2."""
    return 3.0 if target.is_unsafe and target.gold is not None else 2.0


def reward_hash() -> str:
    """Return the first 16 hex digits of the SHA-256 of the code that decides a reward."""
    code = "".join(inspect.getsource(m) for m in (inspect.getmodule(score), naming, target, verdict))
    return hashlib.sha256(code.encode()).hexdigest()[:16]
