"""Stage leakage: mapped samples in; the same rows with their component and the set that contaminates them, out.

Run: python stages/leakage.py
"""

from pathlib import Path

import hydra
import polars as pl
from omegaconf import DictConfig, OmegaConf

from proguard.leakage.groups import join_groups, with_text
from proguard.leakage.near_images import find_near_images
from proguard.leakage.near_texts import find_near_texts
from proguard.leakage.report import report_leakage
from proguard.leakage.touches import with_touches
from proguard.runtime.stage import run_stage
from proguard.storage.files import atomic_folder, write_json, write_table
from proguard.storage.images import ImageStore


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    conf = OmegaConf.to_container(cfg.leakage, resolve=True)
    samples = pl.read_parquet(Path(cfg.paths.mapped) / "samples.parquet").sort("id")
    samples = with_text(samples, carrier_images=cfg.carriers.max_images)
    texts = samples["text"].drop_nulls().unique().sort().to_list()
    near_texts = find_near_texts(texts, shingle_words=conf["shingle_words"], text_threshold=conf["text_threshold"])
    store = ImageStore(Path(cfg.paths.collected) / "images")
    images = samples["image"].drop_nulls()
    near_images = find_near_images(images, store, image_hash_distance=conf["image_hash_distance"])
    near = {"near_texts": near_texts, "near_images": near_images}
    linked = with_touches(join_groups(samples, **near), **near)
    with atomic_folder(cfg.paths.linked) as folder:
        write_table(linked.drop("text"), folder / "samples.parquet")
    summary = report_leakage(linked, **near, n_examples=conf["n_examples"])
    write_json(summary, Path(cfg.paths.summaries) / "leakage.json")


if __name__ == "__main__":
    run_stage("leakage", main)
