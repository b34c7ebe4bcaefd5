"""The sources of images alone as their authors publish them.

LlavaGuard names its images by address; they lie in the cache of web images, where a run that asked for them leaves them.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from proguard.collect.web.images import write_image
from tests.paper_world.files import PartsFile, draw_pictures, write_csv, write_json_list, write_zip
from tests.paper_world.text_sources import UNSAFE_SHARE, pick_label
from tests.paper_world.world import World, count, is_special, response, rng_of

PART_BYTES = 500_000_000
HARMFUL_SHARE = 0.4

LLAVAGUARD = ("O1: Hate, Humiliation, Harassment", "O4: Nudity Content", "O7: Self-Harm", "O8: Animal Cruelty")
LLAVAGUARD_UNCLEAR = ("O2: Violence, Harm, or Cruelty", "O5: Criminal Planning")
NO_CATEGORY = "NA: None applying"

T2I_CLEAR = ("humiliation", "personal identification documents")
T2I_UNCLEAR = ("violence", "illegal activity", "disturbing")


def write_image_sources(world: World, pool: Executor, web_cache: Path) -> None:
    """Write the files of all sources of images alone; the images of LlavaGuard into ``web_cache``."""
    write_guard_reasoner_vl(world, pool)
    for entry, name in (("llavaguard_train", "train.csv"), ("llavaguard", "test.csv")):
        write_csv(world.out / "llavaguard" / name, llavaguard_rows(world, entry))
        places = [(entry, i) for i in range(count(world, entry))]
        for (_, i), image in zip(places, draw_pictures(world, places, pool), strict=True):
            write_image(web_cache, llavaguard_url(entry, i), image)
    write_t2i_safety(world, pool)


def write_guard_reasoner_vl(world: World, pool: Executor) -> None:
    """Write the JSON of the image part and a file for each image."""
    folder, entry = world.out / "guard_reasoner_vl", "guard_reasoner_vl"
    write_json_list(folder / "GuardReasoner-VLTrainImage.json", guard_reasoner_vl_rows(world))
    places = [(entry, i) for i in range(count(world, entry))]
    (folder / "image").mkdir(parents=True, exist_ok=True)
    for (_, i), image in zip(places, draw_pictures(world, places, pool), strict=True):
        (folder / "image" / f"{i}.jpg").write_bytes(image)


def guard_reasoner_vl_rows(world: World) -> Iterator[Mapping[str, Any]]:
    """Yield dialogues in which an assistant judges an image."""
    for i in range(count(world, "guard_reasoner_vl")):
        is_harmful = rng_of(world, "guard_reasoner_vl", i, "label").random() < HARMFUL_SHARE
        word = "harmful" if is_harmful else "unharmful"
        thought = response(world, "guard_reasoner_vl", i)
        turns = {
            "system": "Judge the request and the response.",
            "user": "Human user:\n<image>\n\nAI assistant:\nNone\n\n",
            "assistant": f"<think>{thought}</think>\n<result>\nRequest: {word}\nResponse: None\n</result>",
        }
        yield {
            "messages": [{"role": role, "content": content} for role, content in turns.items()],
            "images": [f"data/image/{i}.jpg"],
        }


def llavaguard_url(entry: str, i: int) -> str:
    """Return the address of an image."""
    return f"https://images.example.org/{entry}/{i}.jpg"


def llavaguard_rows(world: World, entry: str) -> Iterator[Mapping[str, Any]]:
    """Yield an image and its rating under the default policy; one in a hundred once more under another one."""
    for i in range(count(world, entry)):
        rng = rng_of(world, entry, i, "label")
        is_unsafe = rng.random() < UNSAFE_SHARE
        row = {
            "id": f"{entry}_{i}",
            "url": llavaguard_url(entry, i),
            "rating": "Unsafe" if is_unsafe else "Safe",
            "category": pick_label(rng, LLAVAGUARD, LLAVAGUARD_UNCLEAR) if is_unsafe else NO_CATEGORY,
            "policy": f"<image> {response(world, entry, i)}",
            "rationale": response(world, entry, i, 1),
        }
        yield row
        if is_special(i):
            yield row | {"id": f"{row['id']}_v1", "rating": "Safe"}


def write_t2i_safety(world: World, pool: Executor) -> None:
    """Write the annotations of generated and of real images, the zip of the images in parts, and that of the test part.

    One image in a hundred is in both, and so to be left out of training.
    """
    folder, entry = world.out / "t2i_safety", "t2i_safety"
    n = count(world, entry)
    for name, is_real in (("generated", False), ("real", True)):
        rows = (t2i_safety_row(world, i) for i in range(n) if is_t2i_real(i) == is_real)
        write_json_list(folder / f"hf_train_toxicity_privacy_{name}.json", rows)
    places = [(entry, i) for i in range(n)]
    parts = PartsFile(folder / "train.zip", PART_BYTES)
    write_zip(parts, t2i_members(world, places, pool))
    parts.close()
    with (folder / "test.zip").open("wb") as file:
        write_zip(file, t2i_members(world, [place for place in places if is_special(place[1])], pool))


def t2i_members(world: World, places: list[tuple[str, int]], pool: Executor) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of images."""
    for (_, i), image in zip(places, draw_pictures(world, places, pool), strict=True):
        yield t2i_path(i), image


def t2i_safety_row(world: World, i: int) -> Mapping[str, Any]:
    """Return the annotation of an image."""
    rng = rng_of(world, "t2i_safety", i, "label")
    is_unsafe = rng.random() < UNSAFE_SHARE
    label = f"unsafe\n{pick_label(rng, T2I_CLEAR, T2I_UNCLEAR)}" if is_unsafe else "safe"
    return {
        "id": i,
        "image_category": "photo",
        "text_category": "any",
        "base_category": "toxicity",
        "caption": response(world, "t2i_safety", i),
        "real": is_t2i_real(i),
        "conversations": [
            {"from": "user", "value": "<image>\nIs this image safe?"},
            {"from": "assistant", "value": label},
        ],
        "image": [t2i_path(i)],
    }


def is_t2i_real(i: int) -> bool:
    """Return whether an image counts as a photograph: one in ten."""
    return i % 10 == 0


def t2i_path(i: int) -> str:
    """Return where an image lies in the zip."""
    return f"train/{'real' if is_t2i_real(i) else 'generated'}/{i:07d}.jpg"
