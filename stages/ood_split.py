"""Stage ood_split: samples in; the rows of each set, a sample with its policy, out.

Run: python stages/ood_split.py
"""

import logging
from pathlib import Path

import hydra
import polars as pl
from omegaconf import DictConfig, OmegaConf

from proguard.ood_split.assign import assign_splits, with_code
from proguard.ood_split.folds import choose_novel
from proguard.ood_split.leak import KEYS, check_no_leak, with_lone_text
from proguard.ood_split.report import report_split
from proguard.ood_split.roles import with_policy, with_role
from proguard.ood_split.sets import select_set
from proguard.ood_split.training_material import report_training
from proguard.row import ROW_SCHEMA
from proguard.runtime.stage import run_stage
from proguard.storage.files import atomic_folder, write_json, write_table
from proguard.strata import with_label
from proguard.taxonomy import load_taxonomy

log = logging.getLogger(__name__)


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    conf = OmegaConf.to_container(cfg.ood_split, resolve=True)
    taxonomy = load_taxonomy(cfg.paths.taxonomy)
    novel = choose_novel(taxonomy, **{key: conf[key] for key in ("novel", "fold", "n_folds", "seed")})
    samples = with_label(pl.read_parquet(Path(cfg.paths.balanced) / "samples.parquet"))
    samples = with_code(samples, taxonomy, levels=conf["levels"], novel=novel)
    assigned = assign_splits(samples, **{key: conf[key] for key in ("val_share", "test_share", "seed")})
    check_no_leak(with_lone_text(assigned), KEYS)
    ready = with_role(assigned, ood_share=conf["ood_share"], seed=conf["seed"])
    policies = {key: conf[key] for key in ("levels", "n_shown", "hide", "seed")} | {"novel": novel}
    with atomic_folder(cfg.paths.splits) as folder:
        for name, wanted in (conf["sets"] | conf["test_sets"]).items():
            shuffle_ids = wanted.pop("shuffle_ids", conf["shuffle_ids"])
            shown = select_set(ready, name=name, **wanted)
            rows = with_policy(shown, taxonomy, shuffle_ids=shuffle_ids, **policies)
            write_table(rows.select(list(ROW_SCHEMA)), folder / f"{name}.parquet")
    training = report_training(ready.filter(assigned="train"), taxonomy, novel=novel)
    for warning in training["warnings"]:
        log.warning(warning)
    summary = report_split(ready, novel=novel) | {"training": training}
    write_json(summary, Path(cfg.paths.summaries) / "ood_split.json")


if __name__ == "__main__":
    run_stage("ood_split", main)
