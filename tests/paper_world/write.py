"""The whole world, written; what conf pins by checksum gets a manifest of its own, since it can't be the real file."""

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from proguard.fetch.verify import hash_file
from tests.paper_world.benchmarks import write_benchmarks
from tests.paper_world.image_sources import write_image_sources
from tests.paper_world.photos import fit_format
from tests.paper_world.planted import planted_table
from tests.paper_world.text_image_sources import write_text_image_sources
from tests.paper_world.text_sources import write_text_sources
from tests.paper_world.world import World

PINNED = ("harmbench", "med_safety_bench", "openai_moderation", "xstest")
"""Folders of the mirror that are read by a manifest."""


def write_world(folder: Path, *, rows: int, image_kb: int, seed: int) -> World:
    """Write mirror, cache of web images, manifests and the table of planted duplicates into ``folder``."""
    world = World(folder / "mirror", rows, seed, fit_format(image_kb))
    write_text_sources(world)
    write_benchmarks(world)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        write_image_sources(world, pool, folder / "cache")
        write_text_image_sources(world, pool)
    for name in PINNED:
        write_manifest(world.out / name, folder / "manifests" / f"{name}.sha256")
    planted_table(world).write_parquet(folder / "planted.parquet")
    return world


def write_manifest(folder: Path, manifest: Path) -> None:
    """List the files of ``folder`` with their checksums as `sha256sum` does."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text("".join(f"{hash_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths))
