"""Stage variants: test rows in; the same rows, each changed in one way, and the images that they show, out.

Run: python stages/variants.py
"""

from collections import Counter
from pathlib import Path

import hydra
import polars as pl
from omegaconf import DictConfig, OmegaConf

from proguard.row import read_rows
from proguard.runtime.stage import run_stage
from proguard.storage.files import atomic_folder, write_json, write_table
from proguard.storage.images import ImageStore
from proguard.taxonomy import load_taxonomy
from proguard.variants.run import make_variants


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    taxonomy = load_taxonomy(cfg.paths.taxonomy)
    rows = read_rows(Path(cfg.paths.splits) / f"{cfg.evaluate.test_set}.parquet", taxonomy)
    images = ImageStore(Path(cfg.paths.collected) / "images")
    variants = make_variants(rows, taxonomy, images, **OmegaConf.to_container(cfg.variants))
    shown = [{"sha256": sha, "bytes": content, "phash": ""} for sha, content in sorted(variants.images.items())]
    schema = {"sha256": pl.String(), "bytes": pl.Binary(), "phash": pl.String()}
    with atomic_folder(cfg.paths.variants) as folder:
        write_table(variants.table, folder / "rows.parquet")
        write_table(pl.DataFrame(shown, schema=schema, orient="row"), folder / "images" / "images-0.parquet")
    counts = Counter(variants.table.select("suite", "change").iter_rows())
    summary = {suite: {c: n for (s, c), n in sorted(counts.items()) if s == suite} for suite, _ in sorted(counts)}
    write_json(summary | {"images": len(shown)}, Path(cfg.paths.summaries) / "variants.json")


if __name__ == "__main__":
    run_stage("variants", main)
