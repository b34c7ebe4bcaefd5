"""Stage tiny_base: taxonomy and mini world in, the tiny model that training starts from out.

    python stages/tiny_base.py

The stage is frozen and its result is in git. To rebuild it, run this command, then `dvc commit tiny_base`.
"""

from pathlib import Path

import hydra
from omegaconf import DictConfig

from proguard.runtime.stage import run_stage
from proguard.taxonomy import load_taxonomy
from proguard.tiny_base.build import build_tiny_base


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    build_tiny_base(output=Path(cfg.paths.tiny_base), taxonomy=load_taxonomy(cfg.paths.taxonomy), **cfg.tiny_base)


if __name__ == "__main__":
    run_stage("tiny_base", main)
