"""The policy: the categories that one prompt shows, in order, under the ids that it gives them.

Ids may be shuffled, so that a guard has to read the policy and cannot memorise it. A sample whose
category is not shown is out of distribution (OOD): the guard has to name the risk in its own words.
"""

import json
import random
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from proguard.taxonomy import Level, Taxonomy, code_at

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
        """Check that id and code are one to one."""
        ids, codes = [i for i, _ in self.shown], [c for _, c in self.shown]
        if len(set(ids)) < len(ids) or len(set(codes)) < len(codes):
            raise ValueError(f"policy: an id or a code is shown twice in {self.shown}")
        if both := set(codes) & set(self.hidden):
            raise ValueError(f"policy: {sorted(both)} are shown and hidden")

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in the order of the prompt."""
        return tuple(id_ for id_, _ in self.shown)

    def code_of(self, id_: str) -> str | None:
        """Return the code that ``id_`` stands for; ``None`` when the policy does not show it."""
        return dict(self.shown).get(id_)

    def id_of(self, code: str) -> str | None:
        """Return the id given to ``code`` at the policy's level; ``None`` when it is not shown."""
        return {c: i for i, c in self.shown}.get(code_at(code, self.level))

    def gold(self, category: str | None) -> GoldCategory:
        """Return the gold category of an unsafe sample of ``category``: its id, or `OOD`.

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


def draw_policy(
    taxonomy: Taxonomy,
    *,
    level: Level,
    category: str | None,
    role: Literal["shown", "hidden", "free"],
    n_shown: tuple[int, int],
    never_shown: Collection[str] = (),
    shuffle_ids: bool,
    rng: random.Random,
) -> Policy:
    """Draw the policy of one row.

    Args:
        category: Code of the row's category; ``None`` for a safe row.
        role: ``shown`` puts the category into the policy, ``hidden`` leaves it out, ``free`` is for a safe row.
        n_shown: Fewest and most categories to show, both included.
        never_shown: Codes that may not be shown: a category there excludes its subcategories.
        shuffle_ids: Give each shown code the id of another; otherwise ids are the codes, in taxonomy order.

    Raises:
        ValueError: When ``role`` is ``shown`` and the category is among ``never_shown``, or too few codes remain.
    """
    gold = None if category is None else code_at(category, level)
    barred = {code for code in taxonomy.codes(level) if _is_barred(code, never_shown)}
    if role == "shown" and (gold is None or gold in barred):
        raise ValueError(f"policy: category {category!r} cannot be shown")
    pool = [c for c in taxonomy.codes(level) if c not in barred and c != gold]
    size = min(rng.randint(*n_shown), len(pool) + (role == "shown"))
    if size < 1:
        raise ValueError(f"policy: no category is left to show at level {level}")
    chosen = rng.sample(pool, size - (role == "shown")) + ([gold] if role == "shown" else [])
    order = list(taxonomy.codes(level))
    chosen.sort(key=order.index)
    ids = list(chosen)
    if shuffle_ids:
        rng.shuffle(chosen)
        ids = rng.sample(order, len(chosen))
    hidden = tuple(c for c in order if c not in chosen and c not in barred)
    return Policy(level, tuple(zip(ids, chosen, strict=True)), hidden)


def _is_barred(code: str, never_shown: Collection[str]) -> bool:
    return code in never_shown or code_at(code, "category") in never_shown
