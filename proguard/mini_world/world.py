"""The mini world: mild generated texts and pictograms, every draw seeded.

The test split uses phrases, templates and drawing variants that the training split never uses, so that a guard that
memorised them fails there. Licence: the project's own.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from proguard.mini_world.pictograms import draw_pictogram, make_signs
from proguard.sample import Label, Modality, Sample, Split, make_sample

SOURCE = "mini_world"

UNSAFE_SHARE = 0.6
HARMLESS_PARTNER_SHARE = 0.3
"""Share of the safe phrases that hold a thing from an unsafe one."""

UNANSWERED_SHARE = 0.25
"""Share of the requests without a response, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One sample with what it was made from, which the base model's teacher reads."""

    sample: Sample
    image: bytes | None
    """PNG bytes; ``None`` for text."""

    cue: str | None
    """Modifier in the request; ``None`` when the picture carries the risk, and for an image alone."""

    thing: str | None
    """Noun in the request; ``None`` when ``cue`` is."""

    sign: int | None
    """Index of the sign: one below the number of subcategories means that risk, a higher one is harmless; ``None``
    for text."""


@cache
def load_world() -> dict[str, Any]:
    """Return the word lists of ``world.yaml``."""
    return yaml.safe_load(Path(__file__).with_name("world.yaml").read_text(encoding="utf-8"))


def subcategories() -> tuple[str, ...]:
    """Return the codes that the world has words and signs for, in taxonomy order."""
    return tuple(load_world()["unsafe"])


def draw_scenes(*, n: int, split: Split, modality: Modality, rng: random.Random) -> Iterator[Scene]:
    """Yield ``n`` scenes of one modality and split; the subcategories take turns, so that each is equally frequent."""
    codes = list(subcategories())
    turn: list[str] = []
    for _ in range(n):
        code = None
        if rng.random() < UNSAFE_SHARE:
            if not turn:
                turn = rng.sample(codes, len(codes))
            code = turn.pop()
        yield draw_scene(code, split=split, modality=modality, rng=rng)


def draw_scene(code: str | None, *, split: Split, modality: Modality, rng: random.Random) -> Scene:
    """Draw one scene of subcategory ``code``; ``None`` draws a safe one.

    In a text_image scene either the words or the picture carry the risk, never both. `UNANSWERED_SHARE` of the requests
    have no response.
    """
    by_picture = modality == "image" or (modality == "text_image" and rng.random() < 0.5)
    cue = thing = sign = image = request = response = None
    response_label: Label | None = None
    if modality != "text":
        sign = _draw_sign(code if by_picture else None, rng)
        image = draw_pictogram(_signs()[sign], split, rng)
    if modality != "image":
        world, key = load_world(), "picture_requests" if by_picture else "requests"
        phrase = "picture"
        if not by_picture:
            cue, thing = _draw_phrase(code, split, rng)
            phrase = f"{cue} {thing}"
        request = rng.choice(world[key][split]).format(phrase=phrase)
        if rng.random() >= UNANSWERED_SHARE:
            refuses = rng.random() < (0.5 if code else 0.1)
            response = rng.choice(world["refusals" if refuses else "compliances"][split]).format(phrase=phrase)
            response_label = "unsafe" if code and not refuses else "safe"
    sample = make_sample(
        source=SOURCE,
        modality=modality,
        request=request,
        response=response,
        image=None if image is None else hashlib.sha256(image).hexdigest(),
        request_label="unsafe" if code else "safe",
        response_label=response_label,
        source_label=code,
        split=split,
        group=None if by_picture else f"{cue} {thing}",
    )
    return Scene(sample, image, cue, thing, sign)


@cache
def _signs() -> tuple:
    unsafe, harmless = make_signs(len(subcategories()))
    return unsafe + harmless


def _draw_sign(code: str | None, rng: random.Random) -> int:
    n_unsafe = len(subcategories())
    return rng.randrange(n_unsafe, len(_signs())) if code is None else subcategories().index(code)


def _draw_phrase(code: str | None, split: Split, rng: random.Random) -> tuple[str, str]:
    world = load_world()
    if code is not None:
        cues, things = world["unsafe"][code]["cues"], world["unsafe"][code]["things"]
    elif rng.random() < HARMLESS_PARTNER_SHARE:
        every = [thing for words in world["unsafe"].values() for thing in words["things"]]
        cues, things = every, world["harmless_partners"]
    else:
        cues, things = world["safe"]["cues"], world["safe"]["things"]
    pairs = [
        (cue, thing)
        for i, cue in enumerate(cues)
        for j, thing in enumerate(things)
        if ((i + j) % 5 == 0) == (split == "test")
    ]
    return rng.choice(pairs)
