"""The deck: the codes that the policies of all rows of one category and role are drawn from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from proguard.policy import NShown
from proguard.taxonomy import Level, Taxonomy


@dataclass(frozen=True, slots=True)
class Deck:
    """What the policies of all rows of one category and role are drawn from."""

    level: Level

    codes: tuple[str, ...]
    """Every code of the level, in file order: the ids to give out."""

    allowed: tuple[str, ...]
    """Those that a policy may show."""

    pool: tuple[str, ...]
    """Those that a policy of this category and role may show in addition to it."""

    gold: tuple[str, ...]
    """The code that has to be shown, or none."""


def make_deck(
    taxonomy: Taxonomy,
    *,
    level: Level,
    category: str | None,
    role: Literal["shown", "hidden", "free"],
    never_shown: Collection[str] = (),
    hide: Level = "subcategory",
) -> Deck:
    """Return what policies are drawn from.

    Args:
        category: Code of the row's category, at ``level`` or below; ``None`` for a safe row.
        role: ``shown`` puts the category into the policy, ``hidden`` leaves it out, ``free`` is for a safe row.
        never_shown: Codes that may not be shown: a category there excludes its subcategories.
        hide: What ``hidden`` leaves out: the code itself, or ``category`` for its category and all that belong to it.

    Raises:
        ValueError: When ``role`` is ``shown`` and the category is among ``never_shown``, or no code remains.
    """
    codes = taxonomy.codes(level)
    allowed = tuple(code for code in codes if not {code, taxonomy.category_of(code)}.intersection(never_shown))
    gold = None if category is None else taxonomy.code_at(category, level)
    if role == "shown" and gold not in allowed:
        raise ValueError(f"policy: category {category!r} cannot be shown")
    hidden = taxonomy.category_of(gold) if gold and role == "hidden" and hide == "category" else None
    pool = tuple(code for code in allowed if code != gold and taxonomy.category_of(code) != hidden)
    if not pool and role != "shown":
        raise ValueError(f"policy: no category is left to show at level {level}")
    return Deck(level, codes, allowed, pool, (gold,) if gold is not None and role == "shown" else ())


def check_n_shown(n_shown: NShown, *, level: Level) -> None:
    """Check that ``n_shown`` is one of the forms of `NShown`.

    Raises:
        ValueError: When it is not.
    """
    bounds = [n for n in n_shown if isinstance(n, int)]
    if len(bounds) == len(n_shown):
        is_sound = len(bounds) == 2 and 1 <= bounds[0] <= bounds[1]
    else:
        pairs = [pair for pair in n_shown if isinstance(pair, Sequence) and len(pair) == 2]
        is_sound = len(pairs) == len(n_shown) and all(isinstance(n, int) and n >= 1 and w > 0 for n, w in pairs)
    if not is_sound:
        raise ValueError(
            f"ood_split.n_shown.{level}: expected [fewest, most], 1 or more, or a list of [number, weight], "
            f"found {n_shown}"
        )
