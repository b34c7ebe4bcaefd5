"""Stage ood_split: samples in; the rows of each set, a sample with its policy, out.

Run: python stages/ood_split.py
"""

from pathlib import Path

import hydra
import polars as pl
from omegaconf import DictConfig, OmegaConf

from proguard.files import whole_folder, write_json
from proguard.images import ImageStore
from proguard.row import write_rows
from proguard.split.assign import assign_splits, check_no_leak, with_code
from proguard.split.groups import KEYS, join_groups, with_text
from proguard.split.near_images import find_near_images
from proguard.split.near_texts import find_near_texts
from proguard.split.report import report_split
from proguard.split.roles import draw_rows, with_role
from proguard.stage import run_stage
from proguard.strata import with_label
from proguard.taxonomy import load_taxonomy


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    conf = OmegaConf.to_container(cfg.ood_split, resolve=True)
    taxonomy = load_taxonomy(cfg.paths.taxonomy)
    samples = with_label(pl.read_parquet(Path(cfg.paths.balanced) / "samples.parquet"))
    samples = with_code(samples, levels=conf["levels"], novel=conf["novel"], taxonomy=taxonomy)
    samples = with_text(samples, carrier_images=conf["carrier_images"])
    texts = samples["text"].drop_nulls().unique().sort().to_list()
    near_texts = find_near_texts(texts, shingle_words=conf["shingle_words"], text_threshold=conf["text_threshold"])
    store = ImageStore(Path(cfg.paths.collected) / "images")
    images = samples["image"].drop_nulls()
    near_images = find_near_images(images, store, image_hash_distance=conf["image_hash_distance"])
    grouped = join_groups(samples, near_texts=near_texts, near_images=near_images)
    assigned = assign_splits(grouped, val_share=conf["val_share"], test_share=conf["test_share"], seed=conf["seed"])
    check_no_leak(assigned, [*KEYS, "component"])
    ready = with_role(assigned, ood_share=conf["ood_share"], seed=conf["seed"])
    policies = {key: conf[key] for key in ("levels", "n_shown", "novel", "seed")}
    with whole_folder(cfg.paths.splits) as folder:
        for name, wanted in conf["sets"].items():
            rows = ready.filter(assigned=wanted["split"])
            drawn = draw_rows(rows, taxonomy, shuffle_ids=wanted["shuffle_ids"], **policies)
            write_rows(drawn, folder / f"{name}.parquet")
    summary = report_split(ready, near_texts, near_images)
    write_json(summary, Path(cfg.paths.summaries) / "ood_split.json")


if __name__ == "__main__":
    run_stage("ood_split", main)
