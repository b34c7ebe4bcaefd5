"""A policy of one row, drawn as ood_split draws those of many."""

import random
from collections.abc import Collection

from proguard.ood_split.deck import make_deck
from proguard.ood_split.keyed_policies import draw_policies, row_keys
from proguard.policy import NShown, Policy
from proguard.taxonomy import Level, Taxonomy


def draw_policy(
    taxonomy: Taxonomy,
    *,
    level: Level,
    category: str | None,
    role: str,
    n_shown: NShown,
    never_shown: Collection[str] = (),
    hide: Level = "subcategory",
    shuffle_ids: bool,
    rng: random.Random,
) -> Policy:
    deck = make_deck(taxonomy, level=level, category=category, role=role, never_shown=never_shown, hide=hide)
    keys = row_keys([str(rng.random())], seed=0)
    return Policy.from_json(draw_policies(deck, keys, n_shown=n_shown, shuffle_ids=shuffle_ids)[0])
