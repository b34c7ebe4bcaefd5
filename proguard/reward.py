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

from proguard import similarity, verdict
from proguard.policy import OOD, GoldCategory, Policy
from proguard.sample import Label, Modality, Sample, normalise_text
from proguard.similarity import NameBank, naming_bonus
from proguard.taxonomy import Taxonomy, category_of, code_at
from proguard.verdict import Parsed, ParseStatus, Verdict, holds_id, looks_like_id, parse

RewardRule = Literal["strict", "paper"]

MAX_NAME_WORDS = 8
"""A name is "about four words"; a longer one is a sentence that hopes to hit."""


NOT_A_NAME = frozenset({"none", "safe", "unsafe"})
"""Words of the answer's own grammar; put in the place of a name they name nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a completion about one row is held against."""

    modality: Modality
    request_label: Label | None
    response_label: Label | None
    category: str | None
    """Code at the policy's level; ``None`` when safe or not mapped."""

    policy: Policy

    @property
    def gold(self) -> GoldCategory:
        """The gold category under the policy."""
        return self.policy.gold(self.category)

    @property
    def is_unsafe(self) -> bool:
        """Whether the request or the response is unsafe."""
        return "unsafe" in (self.request_label, self.response_label)


@dataclass(frozen=True, slots=True)
class Reward:
    """Reward of one completion, by term."""

    status: ParseStatus
    request: float
    """1 when right, 2 for an image alone."""

    response: float
    """1 when right; 0 for an image alone."""

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


def make_target(sample: Sample, policy: Policy) -> Target:
    """Return what completions about ``sample`` under ``policy`` are held against."""
    code = None if sample.category is None else code_at(sample.category, policy.level)
    if code is not None and policy.level == "subcategory" and category_of(code) == code:
        code = None
    return Target(sample.modality, sample.request_label, sample.response_label, code, policy)


def score(completions: Sequence[str], targets: Sequence[Target], bank: NameBank, rule: RewardRule) -> list[Reward]:
    """Return the reward of each completion, names embedded in one batch.

    A side without a label earns its point whatever is said of it, so that every row of a modality has one maximum.

    Raises:
        ValueError: When the two sequences differ in length.
    """
    parsed = [parse(c, t.modality) for c, t in zip(completions, targets, strict=True)]
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
    is_image = target.modality == "image"
    request = float(target.request_label in (None, said.request)) * (2 if is_image else 1)
    response = 0.0 if is_image else float(target.response_label in (None, said.response))
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


def is_free_name(name: str, policy: Policy, taxonomy: Taxonomy) -> bool:
    """Whether ``name`` is a name of its own: a word or more, no id in it, not a sentence, not what the policy shows.

    A name that equals a shown category's name or synonym, or copies a shown name or description whole or in part of
    three words or more, is the prompt's and not the guard's.
    """
    words = normalise_text(name)
    if words in NOT_A_NAME or not any(c.isalpha() for c in words):
        return False
    if holds_id(name) or len(words.split()) > MAX_NAME_WORDS:
        return False
    for _, code in policy.shown:
        node = taxonomy[code]
        shown = [normalise_text(text) for text in (node.name, *node.synonyms)]
        if words in shown or f" {shown[0]} " in f" {words} ":
            return False
        copied = f" {normalise_text(node.name)} | {normalise_text(node.description)} "
        if len(words.split()) >= 3 and f" {words} " in copied:
            return False
    return True


def reference_verdict(target: Target, taxonomy: Taxonomy) -> Verdict:
    """Return the answer that earns the maximum: the labels, and the id or the true category's own name."""
    request, response = target.request_label or "safe", target.response_label or "safe"
    category = None
    if target.is_unsafe:
        category = taxonomy[target.category].name if target.gold == OOD else target.gold
        category = category or "unmapped risk"
    return Verdict(
        request=request,
        response=None if target.modality == "image" else response,
        category=category,
        reasoning="reference",
    )


def max_reward(target: Target) -> float:
    """Return the most that a completion about ``target`` can earn: 3 with a gold category, else 2."""
    return 3.0 if target.is_unsafe and target.gold is not None else 2.0


def reward_hash() -> str:
    """Return the first 16 hex digits of the SHA-256 of the code that decides a reward."""
    code = "".join(inspect.getsource(m) for m in (inspect.getmodule(score), similarity, verdict))
    return hashlib.sha256(code.encode()).hexdigest()[:16]
