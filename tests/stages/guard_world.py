"""A small test set of the mini world, and the settings of the stages guards and predict on it."""

import random
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from proguard.mini_world.world import draw_scenes
from proguard.policy import full_policy
from proguard.row import Row, make_row
from proguard.runtime.params import compose_params
from proguard.sample import MODALITIES
from tests.stages.scripts import run_script
from tests.tables import write_rows
from tests.worlds import LEVELS, store_images, taxonomy
from tools.closure import ROOT

GIVEN = ("taxonomy", "guard_maps", "recorded")


def draw_set(n: int) -> tuple[list[Row], dict[str, bytes]]:
    """Return rows of ``n`` scenes of each modality, each sample once, and their images."""
    rows, images = {}, {}
    for modality in MODALITIES:
        scenes = draw_scenes(n=n, split="test", modality=modality, rng=random.Random(f"17 test {modality}"))
        for scene in scenes:
            policy = full_policy(taxonomy(), LEVELS[modality])
            rows[scene.sample.id] = make_row(scene.sample, policy, "free", taxonomy())
            images |= {} if scene.image is None else {scene.sample.image: scene.image}
    return list(rows.values()), images


def predict_with(folder: Path, guard: str, *overrides: str, n: int = 20, **changes: Any) -> tuple[Path, list[Row]]:
    """Run the stages guards and predict; return the file of predictions and the rows that it is about.

    Args:
        guard: Name of an entry of conf/guard.
        overrides: As ``dvc exp run -S`` takes them.
        changes: Further keys of the settings.
    """
    config = make_config(folder, f"+guard={guard}", *overrides, **changes)
    config.predict.guard = guard
    rows, images = draw_set(n)
    write_rows(rows, Path(config.paths.splits) / "test.parquet")
    store_images(images, Path(config.paths.collected) / "images")
    run_script("guards", config)
    run_script("predict", config)
    return Path(config.paths.predictions) / f"{guard}-test.parquet", rows


def make_config(folder: Path, *overrides: str, **changes: Any) -> DictConfig:
    """Return the composed settings with all paths in ``folder`` but those of files that people write."""
    config = OmegaConf.create(compose_params(ROOT / "conf", overrides))
    for key, path in config.paths.items():
        config.paths[key] = str((ROOT if key in GIVEN else folder) / path)
    config.runtime.work = str(folder / ".work")
    return OmegaConf.merge(config, changes)
