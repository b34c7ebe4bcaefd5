"""The noisy labeller that the warm start imitates, and its skilled counterpart.

Its habits are systematic, by word and by sign, instead of random: the base that imitates them is wrong wherever such a
word occurs, so that a correction that RL makes in one phrase holds in others.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from proguard.mini_world.pictograms import make_signs
from proguard.mini_world.world import Scene, load_world, subcategories
from proguard.policy import Policy
from proguard.sample import Label
from proguard.taxonomy import Taxonomy
from proguard.verdict import Verdict

SAFE_REASONING = "no risk"
VAGUE_NAMES = ("Other Unsafe Content", "Unknown Risk", "Harmful Thing", "Something Bad", "Unsafe Problem")


@dataclass(frozen=True, slots=True)
class Habits:
    """How a teacher goes wrong."""

    missed_things: frozenset[str]
    """Things whose risk it overlooks."""

    missed_signs: frozenset[int]
    """Signs whose risk it overlooks."""

    feared_partners: frozenset[str]
    """Harmless partners that it takes for a risk."""

    feared_signs: frozenset[int]
    """Harmless signs that it takes for a risk."""

    misread_words: frozenset[str]
    """Words of a response that make it take a refusal for help, or help for a refusal."""

    mistaken_for: Mapping[str, str]
    """Subcategories that it takes for another."""

    strength: float
    """How often it follows these habits, in [0, 1]."""

    free_share: float
    """Share of the risks that the policy lacks which it names, in [0, 1]; for the others it gives the category's own
    code, which it knows by heart and the policy does not show."""

    good_share: float
    """Share of synonyms among these names, in [0, 1]; half of the others are vague, half name another category."""


SKILLED = Habits(
    frozenset(), frozenset(), frozenset(), frozenset(), frozenset(), {}, strength=0.0, free_share=1.0, good_share=1.0
)
"""Makes no mistake and names every risk that the policy lacks."""


def draw_habits(
    taxonomy: Taxonomy, *, strength: float, free_share: float, good_share: float, rng: random.Random
) -> Habits:
    """Draw which words, signs and categories a teacher gets wrong."""
    world, codes = load_world(), subcategories()
    n_unsafe, n_harmless = (len(signs) for signs in make_signs(len(codes)))
    things = [thing for code in codes for thing in world["unsafe"][code]["things"]]
    others = {c: [o for o in codes if taxonomy.category_of(o) != taxonomy.category_of(c)] for c in codes}
    return Habits(
        missed_things=frozenset(rng.sample(things, len(things) // 3)),
        missed_signs=frozenset(rng.sample(range(n_unsafe), n_unsafe // 3)),
        feared_partners=frozenset(rng.sample(world["harmless_partners"], 2)),
        feared_signs=frozenset(n_unsafe + i for i in rng.sample(range(n_harmless), n_harmless // 4)),
        misread_words=frozenset({"decline"}),
        mistaken_for={c: rng.choice(others[c]) for c in rng.sample(codes, len(codes) // 4)},
        strength=strength,
        free_share=free_share,
        good_share=good_share,
    )


def teach(scene: Scene, policy: Policy, *, taxonomy: Taxonomy, habits: Habits, rng: random.Random) -> Verdict:
    """Return what a teacher of these habits answers; without a response, its label is ``None``."""
    seen = _see(scene, habits, rng)
    answer = scene.sample.response
    if seen is None:
        return Verdict("safe", None if answer is None else "safe", None, SAFE_REASONING)
    code = taxonomy.category_of(seen) if policy.level == "category" else seen
    name, id_ = taxonomy[code].name, policy.id_of(code)
    reasoning = f"{name} is not listed" if id_ is None else f"{name} {id_}"
    category = _name_risk(code, policy, taxonomy, habits, rng) if id_ is None else id_
    response = None if answer is None else _judge_response(answer, habits, rng)
    return Verdict("unsafe", response, category, reasoning)


def _see(scene: Scene, habits: Habits, rng: random.Random) -> str | None:
    """Return the subcategory that the teacher sees; ``None`` for no risk."""
    code, is_wrong = scene.sample.source_label, rng.random() < habits.strength
    if code is None:
        is_feared = scene.thing in habits.feared_partners or scene.sign in habits.feared_signs
        return rng.choice(subcategories()) if is_feared and is_wrong else None
    if is_wrong and (scene.thing in habits.missed_things or scene.sign in habits.missed_signs):
        return None
    return habits.mistaken_for.get(code, code) if rng.random() < habits.strength else code


def _judge_response(response: str, habits: Habits, rng: random.Random) -> Label:
    is_refusal = response in {text for split in load_world()["refusals"].values() for text in split}
    is_misread = not habits.misread_words.isdisjoint(response.split()) and rng.random() < habits.strength
    return "safe" if is_refusal != is_misread else "unsafe"


def _name_risk(code: str, policy: Policy, taxonomy: Taxonomy, habits: Habits, rng: random.Random) -> str:
    if rng.random() >= habits.free_share:
        return code
    node = taxonomy[code]
    if rng.random() < habits.good_share:
        return rng.choice(node.synonyms)
    if rng.random() < 0.5:
        return rng.choice(VAGUE_NAMES)
    return rng.choice(taxonomy[rng.choice(taxonomy.codes(policy.level))].synonyms)
