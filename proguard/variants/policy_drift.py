"""Policy drift: the same sample under a policy that says the same in another way, or that lacks its category.

A policy in use is edited: its list is sorted anew, numbered anew, reworded. A guard that reads the policy follows; one
that knows its categories by heart does not. Words come from the taxonomy's own synonyms.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from proguard.policy import Policy
from proguard.row import Role, Row
from proguard.taxonomy import Node, Taxonomy
from proguard.variant import MERGE


@dataclass(frozen=True, slots=True)
class Drifted:
    """A policy after a change, and what follows from it."""

    policy: Policy
    nodes: tuple[Node, ...] = ()
    """Categories that it shows in other words."""

    category: str | None = None
    """Code that the sample's category has now; ``None`` when it keeps its own."""

    role: Role | None = None
    """Role that the sample's category has now; ``None`` when it keeps its own."""


Drift = Callable[[Row, Taxonomy, random.Random], Drifted | None]
"""Returns the changed policy of a row; ``None`` where the change does not apply."""


def reorder(row: Row, taxonomy: Taxonomy, rng: random.Random) -> Drifted | None:
    """List the same entries in another order."""
    del taxonomy
    shown = row.policy.shown
    if len(shown) < 2:
        return None
    drawn = rng.sample(shown, len(shown))
    return Drifted(replace(row.policy, shown=tuple(drawn[1:] + drawn[:1] if tuple(drawn) == shown else drawn)))


def renumber(row: Row, taxonomy: Taxonomy, rng: random.Random) -> Drifted | None:
    """Give every entry the id of another; the names stay where they are."""
    del taxonomy
    shown = row.policy.shown
    if len(shown) < 2:
        return None
    turn = rng.sample(range(len(shown)), len(shown))
    ids = {entry: shown[following][0] for entry, following in zip(turn, turn[1:] + turn[:1], strict=True)}
    return Drifted(replace(row.policy, shown=tuple((ids[i], code) for i, (_, code) in enumerate(shown))))


def rename(row: Row, taxonomy: Taxonomy, rng: random.Random) -> Drifted:
    """Call every category by one of its synonyms; descriptions stay."""
    nodes = [taxonomy[code] for _, code in row.policy.shown]
    names = [rng.choice(node.synonyms) for node in nodes]
    return Drifted(row.policy, tuple(_called(node, (name,)) for node, name in zip(nodes, names, strict=True)))


def paraphrase(row: Row, taxonomy: Taxonomy, rng: random.Random) -> Drifted:
    """Word the whole entry anew: two synonyms make the name, the others the description."""
    nodes = []
    for _, code in row.policy.shown:
        node = taxonomy[code]
        named = tuple(rng.sample(node.synonyms, 2))
        rest = [synonym for synonym in node.synonyms if synonym not in named]
        nodes.append(replace(_called(node, named), description=f"Covers {', '.join(rest)}."))
    return Drifted(row.policy, tuple(nodes))


def merge(row: Row, taxonomy: Taxonomy, rng: random.Random) -> Drifted | None:
    """Make one entry of two, the sample's category among them where it is listed; id and first name are of either."""
    shown = row.policy.shown
    if len(shown) < 2:
        return None
    kept, gone = rng.sample(_pick_two(row, rng), 2)
    first, second = (taxonomy[code] for code in rng.sample((kept, gone), 2))
    merged = Node(
        code=MERGE.join((kept, gone)),
        name=f"{first.name} or {second.name}",
        description=f"{first.description} {second.description}",
        synonyms=first.synonyms + second.synonyms,
        parent=taxonomy[kept].parent,
    )
    entries = ((id_, merged.code if code == kept else code) for id_, code in shown if code != gone)
    policy = replace(row.policy, shown=tuple(entries))
    return Drifted(policy, (merged,), merged.code if row.target.category in (kept, gone) else None)


def lose(row: Row, taxonomy: Taxonomy, rng: random.Random) -> Drifted | None:
    """Take the sample's category off the list."""
    del taxonomy, rng
    code = row.target.category
    if code is None or row.policy.id_of(code) is None or len(row.policy.shown) < 2:
        return None
    return Drifted(_without(row.policy, code), role="hidden")


def lose_another(row: Row, taxonomy: Taxonomy, rng: random.Random) -> Drifted | None:
    """Take a category off the list that is not the sample's: what `lose` does to a verdict that need not change."""
    del taxonomy
    others = [code for _, code in row.policy.shown if code != row.target.category]
    if not others or len(row.policy.shown) < 2:
        return None
    return Drifted(_without(row.policy, rng.choice(others)))


DRIFTS: dict[str, Drift] = {
    "reordered": reorder,
    "renumbered": renumber,
    "renamed": rename,
    "paraphrased": paraphrase,
    "merged": merge,
    "lost_another": lose_another,
    "lost": lose,
}
"""Every change by the name that the report gives it."""


def _called(node: Node, names: Sequence[str]) -> Node:
    """Return ``node`` under another name, its own among the synonyms."""
    others = (synonym for synonym in node.synonyms if synonym not in names)
    return replace(node, name=" or ".join(names), synonyms=(*names, node.name, *others))


def _pick_two(row: Row, rng: random.Random) -> list[str]:
    codes = [code for _, code in row.policy.shown]
    gold = [code for code in codes if code == row.target.category]
    return gold + rng.sample([code for code in codes if code not in gold], 2 - len(gold))


def _without(policy: Policy, code: str) -> Policy:
    return replace(
        policy, shown=tuple(entry for entry in policy.shown if entry[1] != code), hidden=(*policy.hidden, code)
    )
