"""Pictograms of the mini world: a shape in a colour means a risk, as on a warning sign.

A variant is how a sign is drawn: filling and frame. Some pairs of the two are kept for the test split.
"""

import io
import math
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw

from proguard.sample import Split

SIZE = 56
"""Pixels a side: 4 visual tokens for a Qwen2.5-VL vision tower with patch 14 and merge 2."""

SHAPES = ("circle", "square", "triangle", "diamond", "cross", "ring", "bars")
COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 160, 60),
    "blue": (50, 80, 220),
    "yellow": (230, 180, 30),
    "purple": (150, 50, 180),
    "teal": (30, 180, 190),
    "brown": (90, 60, 40),
}
FILLINGS = ("plain", "dotted", "barred")
FRAMES = ("none", "round", "square")
TEST_VARIANTS = (("plain", "square"), ("dotted", "none"), ("barred", "round"))
"""Pairs of filling and frame that only the test split draws."""

TRAIN_VARIANTS = tuple((f, r) for f in FILLINGS for r in FRAMES if (f, r) not in TEST_VARIANTS)

_SIGNS_SEED = 7


@dataclass(frozen=True, slots=True)
class Sign:
    """What a pictogram shows, in every variant."""

    shape: str
    colour: str


def make_signs(n_unsafe: int) -> tuple[tuple[Sign, ...], tuple[Sign, ...]]:
    """Return the ``n_unsafe`` signs that mean a risk, and the harmless others, in an order fixed by a seed."""
    signs = [Sign(shape, colour) for shape in SHAPES for colour in COLOURS]
    random.Random(_SIGNS_SEED).shuffle(signs)
    return tuple(signs[:n_unsafe]), tuple(signs[n_unsafe:])


def draw_pictogram(sign: Sign, split: Split, rng: random.Random) -> bytes:
    """Return a PNG of ``sign``, `SIZE` pixels square, in a variant of ``split``; place, size, turn and hue vary."""
    filling, frame = rng.choice(TRAIN_VARIANTS if split == "train" else TEST_VARIANTS)
    ground = rng.randint(225, 255)
    image = Image.new("RGB", (SIZE, SIZE), (ground,) * 3)
    draw = ImageDraw.Draw(image)
    colour = tuple(max(0, min(255, c + rng.randint(-20, 20))) for c in COLOURS[sign.colour])
    radius = SIZE * rng.uniform(0.26, 0.36)
    centre = tuple(SIZE / 2 + rng.uniform(-0.08, 0.08) * SIZE for _ in range(2))
    _draw_shape(draw, sign.shape, colour, radius, centre, angle=rng.uniform(-0.25, 0.25))
    _draw_filling(draw, filling, (ground,) * 3)
    if frame != "none":
        outline = draw.ellipse if frame == "round" else draw.rectangle
        outline([1, 1, SIZE - 2, SIZE - 2], outline=(120, 120, 120), width=2)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


_OUTLINES = {
    "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "triangle": [(0, -1), (0.95, 0.8), (-0.95, 0.8)],
    "diamond": [(0, -1.1), (0.7, 0), (0, 1.1), (-0.7, 0)],
}


def _draw_shape(
    draw: ImageDraw.ImageDraw,
    shape: str,
    colour: tuple[int, ...],
    radius: float,
    centre: tuple[float, ...],
    angle: float,
) -> None:
    x0, y0 = centre
    cos, sin = math.cos(angle), math.sin(angle)

    def polygon(points: list[tuple[float, float]]) -> None:
        turned = [(x0 + radius * (x * cos - y * sin), y0 + radius * (x * sin + y * cos)) for x, y in points]
        draw.polygon(turned, fill=colour)

    box = [x0 - radius, y0 - radius, x0 + radius, y0 + radius]
    if shape == "circle":
        draw.ellipse(box, fill=colour)
    elif shape == "ring":
        draw.ellipse(box, outline=colour, width=max(3, int(radius * 0.35)))
    elif shape == "cross":
        polygon([(-0.3, -1), (0.3, -1), (0.3, 1), (-0.3, 1)])
        polygon([(-1, -0.3), (1, -0.3), (1, 0.3), (-1, 0.3)])
    elif shape == "bars":
        for x in (-0.75, 0, 0.75):
            polygon([(x - 0.2, -1), (x + 0.2, -1), (x + 0.2, 1), (x - 0.2, 1)])
    else:
        polygon(_OUTLINES[shape])


def _draw_filling(draw: ImageDraw.ImageDraw, filling: str, ground: tuple[int, ...]) -> None:
    if filling == "dotted":
        for x in range(6, SIZE, 11):
            for y in range(6, SIZE, 11):
                draw.ellipse([x - 1, y - 1, x + 1, y + 1], fill=ground)
    elif filling == "barred":
        for y in range(5, SIZE, 10):
            draw.line([(0, y), (SIZE, y)], fill=ground, width=1)
