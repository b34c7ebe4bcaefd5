"""Stage collect: the sources and benchmarks in, samples, image shards, quarantine and licence ledger out.

    python stages/collect.py

With ``PROGUARD_MIRROR`` set, or collect.mirror, what that folder has is read from there and not downloaded.
"""

import os
from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf

from proguard.collect.files.editions import Access, find_cache, find_mirror
from proguard.collect.run import Limits, collect_sources
from proguard.collect.web.images import WebImages
from proguard.runtime.stage import run_stage
from proguard.storage.files import atomic_folder, write_json


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    cache = find_cache(cfg.runtime.cache)
    with atomic_folder(cfg.paths.collected) as folder:
        summary = collect_sources(
            OmegaConf.to_container(cfg.collect.sources),
            OmegaConf.to_container(cfg.collect.benchmarks),
            folder=folder,
            access=Access(
                mirror=find_mirror(cfg.collect.mirror),
                cache=cache,
                offline=cfg.collect.offline,
                hub_endpoint=cfg.runtime.hub_endpoint,
            ),
            web=WebImages(cache=cache, offline=cfg.collect.offline, **cfg.collect.web),
            limits=Limits(
                max_pixels=cfg.collect.max_pixels,
                max_bad_share=cfg.collect.max_bad_share,
                max_dead_share=cfg.collect.max_dead_share,
            ),
            workers=cfg.runtime.collect.workers or os.cpu_count() or 1,
            ray_address=cfg.runtime.collect.ray.address,
        )
    write_json(summary, Path(cfg.paths.summaries) / "collect.json")


if __name__ == "__main__":
    run_stage("collect", main)
