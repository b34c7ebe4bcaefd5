"""Lessons of the warm start: a chat and the completion to imitate.

In addition to moderation, the base learns what an instruction-tuned model already knows: to describe a sign, to repeat
a policy in another order, and to give other names of a category.
"""

import io
import random
from dataclasses import dataclass

from PIL import Image

from proguard.mini_world.pictograms import draw_pictogram, make_signs
from proguard.mini_world.world import draw_scene, subcategories
from proguard.policy import Policy
from proguard.prompt import IMAGE_PLACEHOLDER, PromptFormat, render_prompt
from proguard.sample import MODALITIES, Modality
from proguard.taxonomy import Level, Taxonomy
from proguard.tiny_base.teacher import Habits, teach
from proguard.verdict import render

LEVELS: dict[Modality, Level] = {"text": "subcategory", "image": "subcategory", "text_image": "category"}
N_SHOWN: dict[Level, tuple[int, int]] = {"subcategory": (6, 10), "category": (4, 7)}
PROMPT_FORMAT = PromptFormat("compact")

UNSAFE_SHARE = 0.6
HIDDEN_SHARE = 0.35
"""Share of the unsafe scenes whose category the policy hides."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A chat, and what to answer."""

    messages: list[dict[str, str]]
    image: Image.Image | None
    completion: str


def draw_moderation(taxonomy: Taxonomy, habits: Habits, *, shuffle_share: float, rng: random.Random) -> Lesson:
    """Draw a scene of the training split, and what a teacher of these habits says about it."""
    modality = rng.choice(MODALITIES)
    code = rng.choice(subcategories()) if rng.random() < UNSAFE_SHARE else None
    scene = draw_scene(code, split="train", modality=modality, rng=rng)
    policy = draw_lesson_policy(taxonomy, LEVELS[modality], code, shuffle_share, rng)
    verdict = teach(scene, policy, taxonomy=taxonomy, habits=habits, rng=rng)
    messages = render_prompt(scene.sample, policy, taxonomy, PROMPT_FORMAT)
    image = None if scene.image is None else Image.open(io.BytesIO(scene.image))
    return Lesson(messages, image, render(verdict))


def draw_recital(taxonomy: Taxonomy, *, shuffle_share: float, rng: random.Random) -> Lesson:
    """Draw a policy to repeat in another order, which teaches to look up the id of a name."""
    policy = draw_lesson_policy(taxonomy, rng.choice(("category", "subcategory")), None, shuffle_share, rng)
    lines = [f"{taxonomy[code].name} {id_}" for id_, code in policy.shown]
    again = rng.sample(lines, len(lines))
    return Lesson(_chat("list\n" + "\n".join(lines), "again"), None, "\n".join(again))


def draw_description(*, rng: random.Random) -> Lesson:
    """Draw a sign to describe by colour and shape."""
    unsafe, harmless = make_signs(len(subcategories()))
    sign = rng.choice(unsafe + harmless)
    image = Image.open(io.BytesIO(draw_pictogram(sign, "train", rng)))
    return Lesson(_chat("describe", IMAGE_PLACEHOLDER), image, f"{sign.colour} {sign.shape}")


def draw_naming(taxonomy: Taxonomy, *, rng: random.Random) -> Lesson:
    """Draw a category, and three of its synonyms as the answer."""
    node = rng.choice(taxonomy.nodes)
    return Lesson(_chat("names", node.name), None, "\n".join(rng.sample(node.synonyms, 3)))


def draw_lesson_policy(
    taxonomy: Taxonomy, level: Level, code: str | None, shuffle_share: float, rng: random.Random
) -> Policy:
    """Draw the policy of a prompt about a scene of subcategory ``code``; ``None`` means a safe scene.

    `HIDDEN_SHARE` of the unsafe scenes get a policy without their category. `proguard.ood_split` draws the policies of
    the data set, many at a time.
    """
    codes = taxonomy.codes(level)
    gold = None if code is None else taxonomy.code_at(code, level)
    is_shown = gold is not None and rng.random() >= HIDDEN_SHARE
    is_shuffled = rng.random() < shuffle_share
    size = rng.randint(*N_SHOWN[level])
    kept = {*rng.sample([c for c in codes if c != gold], size - is_shown), *([gold] if is_shown else [])}
    shown = [c for c in codes if c in kept]
    ids = shown.copy()
    if is_shuffled:
        rng.shuffle(shown)
        ids = rng.sample(codes, size)
    return Policy(level, tuple(zip(ids, shown, strict=True)), tuple(c for c in codes if c not in kept))


def _chat(system: str, user: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]
