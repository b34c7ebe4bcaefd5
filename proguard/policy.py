"""The policy: the categories that one prompt shows, in order, under the ids that it gives them.

Ids may be shuffled, so that a guard has to read the policy and cannot memorise it. A sample whose
category is not shown is out of distribution (OOD): the guard has to name the risk in its own words.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from proguard.ids import check_ids
from proguard.taxonomy import Level, Taxonomy

OOD: Final = "OOD"
"""Gold category of an unsafe sample whose category the policy does not show."""

GoldCategory = str | None
"""An id of the policy, `OOD`, or ``None`` for a sample that is safe."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What one prompt shows, and what it hides."""

    level: Level
    """Whether it shows categories or subcategories."""

    shown: tuple[tuple[str, str], ...]
    """Pairs of id and code, in the order of the prompt."""

    hidden: tuple[str, ...] = ()
    """Codes of the same level that were left out on purpose."""

    def __post_init__(self) -> None:
        """Check that an answer can state each id, and that id and code are one to one.

        Raises:
            ValueError: When one is not; the message names the entry.
        """
        check_ids(self.ids, where="policy")
        codes = {code for _, code in self.shown}
        if len(codes) < len(self.shown):
            raise ValueError(f"policy: a code is shown twice in {self.shown}")
        if both := codes.intersection(self.hidden):
            raise ValueError(f"policy: {sorted(both)} are shown and hidden")

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in the order of the prompt."""
        return tuple(id_ for id_, _ in self.shown)

    def code_of(self, id_: str) -> str | None:
        """Return the code of ``id_``; ``None`` when the policy does not show it."""
        return dict(self.shown).get(id_)

    def id_of(self, code: str) -> str | None:
        """Return the id given to ``code``, one of the policy's level; ``None`` when it is not shown."""
        return {c: i for i, c in self.shown}.get(code)

    def gold(self, category: str | None) -> GoldCategory:
        """Return the gold category of an unsafe sample of ``category``, a code of the policy's level: its id, or `OOD`.

        ``None`` in gives ``None`` out: a safe sample, or an unsafe one that nobody mapped.
        """
        return None if category is None else self.id_of(category) or OOD

    def to_json(self) -> str:
        """Return the policy as one line of JSON; `from_json` reads it back."""
        return json.dumps({"level": self.level, "shown": self.shown, "hidden": self.hidden})

    @classmethod
    def from_json(cls, text: str) -> "Policy":
        """Read what `to_json` wrote."""
        content = json.loads(text)
        return cls(content["level"], tuple(map(tuple, content["shown"])), tuple(content["hidden"]))


def full_policy(taxonomy: Taxonomy, level: Level) -> Policy:
    """Return the policy that shows every node of ``level`` under its own code."""
    return Policy(level, tuple((code, code) for code in taxonomy.codes(level)))


def known_ids(policy: Policy, taxonomy: Taxonomy | None = None) -> frozenset[str]:
    """Return all that is an id to a guard: those of the policy, and the codes that other prompts give as ids.

    Args:
        taxonomy: Gives the codes; ``None`` gives those that the policy hides, all that a reader of answers knows.
    """
    codes = policy.hidden if taxonomy is None else (node.code for node in taxonomy)
    return frozenset((*policy.ids, *codes))


NShown = Sequence[int] | Sequence[Sequence[float]]
"""How many categories to show: the fewest and the most, all between them alike, or pairs of number and weight."""


def most_shown(n_shown: NShown) -> int:
    """Return the most categories that a policy may show."""
    return int(max(n if isinstance(n, int) else n[0] for n in n_shown))
