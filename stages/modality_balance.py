"""Stage modality_balance: linked samples in, those of the chosen modality mix out.

Run: python stages/modality_balance.py
"""

from pathlib import Path

import hydra
import polars as pl
from omegaconf import DictConfig, OmegaConf

from proguard.modality_balance.draw import balance_modalities
from proguard.modality_balance.report import plot_mix, report_mix
from proguard.runtime.stage import run_stage
from proguard.storage.files import atomic_folder, write_json, write_table


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    samples = pl.read_parquet(Path(cfg.paths.linked) / "samples.parquet")
    balanced = balance_modalities(samples, **OmegaConf.to_container(cfg.modality_balance, resolve=True))
    with atomic_folder(cfg.paths.balanced) as folder:
        write_table(balanced, folder / "samples.parquet")
        plot_mix(samples, balanced).write_csv(folder / "mix.csv")
    write_json(report_mix(samples, balanced), Path(cfg.paths.summaries) / "modality_balance.json")


if __name__ == "__main__":
    run_stage("modality_balance", main)
