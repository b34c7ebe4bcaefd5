"""Rows asked again under their policy with the proposals in it: what a guard does with them, without retraining."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proguard.discover.entries import entry_of
from proguard.discover.propose import Proposal
from proguard.moderate.guard import Guard
from proguard.moderate.item import Item, make_item
from proguard.moderate.outcome import Outcome
from proguard.moderate.policy_file import OwnPolicy, read_policy
from proguard.naming import is_free_name
from proguard.policy import Policy
from proguard.row import Row
from proguard.sample import Sample


@dataclass(frozen=True, slots=True)
class Asked:
    """What a guard said about a row whose policy has the proposals."""

    outcome: Outcome

    chosen: Proposal | None
    """The proposal whose id the guard gave, or one of whose names; ``None`` when it gave neither."""

    is_by_id: bool
    """Whether it gave the id, as the policy asks for. Some guards repeat the name instead."""


def ask_again(
    rows: Sequence[Row], proposals: Sequence[Proposal], guard: Guard, images: Mapping[str, bytes], *, seed: int
) -> list[Asked]:
    """Return what the guard says about each row under its policy and the proposals.

    A proposal that says what a row's policy lists already is left out of it, as a person would do.

    Args:
        rows: Rows of a test set.
        proposals: At least one.
        guard: Loaded guard.
        images: Bytes by hash, for every row that has one.
        seed: Of the ids that proposals get where a policy draws its ids.
    """
    own = read_policy(list(map(entry_of, proposals)), guard.taxonomy, max_categories=len(proposals))
    codes = {proposal.id: code for proposal, (_, code) in zip(proposals, own.shown or (), strict=True)}
    pairs, joined = [], []
    for row in rows:
        new = [p for p in proposals if is_free_name(p.name, row.policy, guard.taxonomy)]
        ids = draw_ids(row.policy, new, guard, random.Random(f"{seed} {row.sample.id}"))
        shown = (*row.policy.shown, *((id_, codes[proposal.id]) for id_, proposal in ids.items()))
        pairs.append((_item(row.sample, images), OwnPolicy(shown, own.taxonomy)))
        joined.append(ids)
    outcomes = guard.judge(pairs)
    return [_read(outcome, ids) for outcome, ids in zip(outcomes, joined, strict=True)]


def _read(outcome: Outcome, ids: Mapping[str, Proposal]) -> Asked:
    said = outcome.category or ""
    named = next((proposal for proposal in ids.values() if said in proposal.names), None)
    return Asked(outcome, ids.get(said, named), said in ids)


def draw_ids(policy: Policy, proposals: Sequence[Proposal], guard: Guard, rng: random.Random) -> dict[str, Proposal]:
    """Return the proposals by the id that a row's policy gives them.

    Where the policy gives categories ids of others, as in training, so do the proposals; a proposal has its own id
    where the policy uses plain codes, or no code is left.
    """
    is_shuffled = any(id_ != code for id_, code in policy.shown)
    free = [code for code in guard.taxonomy.codes(policy.level) if code not in policy.ids] if is_shuffled else []
    drawn = rng.sample(free, min(len(free), len(proposals)))
    ids = [*drawn, *(proposal.id for proposal in proposals[len(drawn) :])]
    return dict(zip(ids, proposals, strict=True))


def _item(sample: Sample, images: Mapping[str, bytes]) -> Item:
    content = [images[sample.image]] if sample.image else []
    return make_item(request=sample.request, response=sample.response, images=content)
