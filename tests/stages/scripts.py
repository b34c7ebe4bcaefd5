"""Stage scripts run in this process, on the project's conf/, with every path in a folder of the test."""

import importlib.util
import random
from pathlib import Path
from typing import Any

import polars as pl
from omegaconf import DictConfig, OmegaConf

from proguard.mini_world.world import draw_scenes
from proguard.sample import MODALITIES
from tests.tables import write_samples
from tools.closure import ROOT

DATA_STAGES = ("taxonomy_map", "leakage", "modality_balance", "ood_split")

GIVEN = ("taxonomy", "label_maps", "annotator_phrases")
"""Paths of files that people write: read where they are."""

LABEL_MAP_ONLY = {"annotators": [{"name": "label_map"}]}
"""Settings of taxonomy_map that load no model."""


def make_config(folder: Path, **changes: Any) -> DictConfig:
    """Return the settings of the data stages with all paths in ``folder`` but those of `GIVEN`."""
    config = OmegaConf.merge(
        *(OmegaConf.load(ROOT / "conf" / f"{name}.yaml") for name in ("paths", "runtime", "carriers", *DATA_STAGES))
    )
    for key, path in config.paths.items():
        config.paths[key] = str((ROOT if key in GIVEN else folder) / path)
    similarity = OmegaConf.load(ROOT / "conf" / "similarity" / "minilm_wheel.yaml")
    return OmegaConf.merge(config, {"similarity": similarity, "taxonomy_map": LABEL_MAP_ONLY}, changes)


def run_data_stages(config: DictConfig, *, reverse: bool = False) -> None:
    """Put a small mini world where collect writes, in reverse order if asked, and run `DATA_STAGES`."""
    samples = {
        scene.sample.id: scene.sample
        for split, n in (("train", 150), ("test", 60))
        for modality in MODALITIES
        for scene in draw_scenes(n=n, split=split, modality=modality, rng=random.Random(f"{split} {modality}"))
    }
    path = Path(config.paths.collected) / "samples.parquet"
    write_samples(samples.values(), path)
    if reverse:
        pl.read_parquet(path).reverse().write_parquet(path)
    for stage in DATA_STAGES:
        run_script(stage, config)


def run_script(name: str, config: DictConfig) -> None:
    """Run ``stages/<name>.py``."""
    spec = importlib.util.spec_from_file_location(f"stage_{name}", ROOT / "stages" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main.__wrapped__(config)


def written(folder: Path) -> dict[str, bytes]:
    """Return what the stages wrote below ``folder``, by path."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file() and "collected" not in p.parts)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}
