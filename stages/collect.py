"""Stage collect: the sources in, samples, image shards, quarantine and licence ledger out.

    python stages/collect.py

With ``PROGUARD_MIRROR`` set, or collect.mirror, public sources are read from that folder and not downloaded.
"""

from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf

from proguard.collect import collect_sources
from proguard.fetch import find_cache, find_mirror
from proguard.files import whole_folder, write_json
from proguard.stage import run_stage


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    with whole_folder(cfg.paths.collected) as folder:
        summary = collect_sources(
            OmegaConf.to_container(cfg.collect.sources),
            folder=folder,
            mirror=find_mirror(cfg.collect.mirror),
            cache=find_cache(cfg.runtime.cache),
            max_pixels=cfg.collect.max_pixels,
            max_bad_share=cfg.collect.max_bad_share,
        )
    write_json(summary, Path(cfg.paths.summaries) / "collect.json")


if __name__ == "__main__":
    run_stage("collect", main)
