"""Small data for tests: samples of the mini world with policies, made on the spot."""

import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from proguard.card import GuardCard, GuardLimits, make_card
from proguard.collect.image_shards import ImageShards, check_image
from proguard.mini_world.world import draw_scenes
from proguard.prompt import PromptFormat
from proguard.row import make_row
from proguard.storage.images import ImageStore
from proguard.taxonomy import Node, Taxonomy, load_taxonomy
from tests.policies import draw_policy
from tools.closure import ROOT

LEVELS = {"text": "subcategory", "image": "subcategory", "text_image": "category"}


@cache
def taxonomy() -> Taxonomy:
    return load_taxonomy(ROOT / "data" / "taxonomy.yaml")


@cache
def other_codes() -> dict[str, str]:
    """Return another code for each code of the taxonomy; neither level nor category can be read from its spelling."""
    codes: dict[str, str] = {}
    for i, code in enumerate(taxonomy().codes("category")):
        above, below = ((f"R{i}", f"R{i}.a"), (f"risk/{i}", f"{i}"), (f"Sub S{i}", f"S{i}x"), (f"C{i}S9", f"C{i}0"))[
            i % 4
        ]
        children = [c for c in taxonomy().codes("subcategory") if taxonomy().category_of(c) == code]
        codes |= {code: above} | {child: f"{below}{chr(97 + j)}" for j, child in enumerate(children)}
    return codes


@cache
def other_taxonomy() -> Taxonomy:
    """Return the taxonomy under `other_codes`."""
    new = other_codes()
    return Taxonomy(tuple(replace(n, code=new[n.code], parent=n.parent and new[n.parent]) for n in taxonomy()))


def write_taxonomy(content: Taxonomy, path: Path) -> None:
    """Write a taxonomy as a file that `load_taxonomy` reads."""

    def entry(node: Node) -> dict[str, Any]:
        return {"code": node.code, "name": node.name, "description": node.description, "synonyms": list(node.synonyms)}

    tree = [
        entry(top) | {"subcategories": [entry(node) for node in content if node.parent == top.code]}
        for top in content
        if top.parent is None
    ]
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")


def make_guard_card(**changes) -> GuardCard:
    """Return a card as the tiny guard has it, with ``changes``."""
    fields = {
        "prompt": PromptFormat("compact"),
        "levels": LEVELS,
        "limits": GuardLimits(prompt_tokens=320, new_tokens=48, chars=2560, categories=64),
        "taxonomy": taxonomy(),
        "origin": {"base": "tiny"},
    }
    return make_card(**fields | changes)


def draw_rows(n: int, *, split: str = "train", seed: int = 0, shuffle_ids: bool = False):
    """Return ``n`` rows in turn of each modality, and their images by hash; half of the unsafe ones are OOD."""
    rng = random.Random(seed)
    rows, images = [], {}
    for modality in LEVELS:
        for scene in draw_scenes(n=n // 3, split=split, modality=modality, rng=rng):
            code = scene.sample.source_label
            role = "free" if code is None else rng.choice(["shown", "hidden"])
            policy = draw_policy(
                taxonomy(),
                level=LEVELS[modality],
                category=code,
                role=role,
                n_shown=(4, 6),
                shuffle_ids=shuffle_ids,
                rng=rng,
            )
            sample = scene.sample.__class__(
                **{f: getattr(scene.sample, f) for f in scene.sample.__slots__} | {"category": code}
            )
            rows.append(make_row(sample, policy, role, taxonomy()))
            if scene.image is not None:
                images[sample.image] = scene.image
    return rows, images


def store_images(images: dict[str, bytes], folder: Path) -> ImageStore:
    """Write images as shards into ``folder`` and return their store."""
    shards = ImageShards(folder)
    for content in images.values():
        shards.add(check_image(content, 10_000))
    shards.flush()
    return ImageStore(folder)
