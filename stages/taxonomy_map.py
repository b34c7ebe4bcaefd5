"""Stage taxonomy_map: collected samples in; the same samples with a category each, and the votes on it, out.

Run: python stages/taxonomy_map.py
"""

from pathlib import Path

import hydra
from omegaconf import DictConfig

from proguard.annotators.agreement import report_mapping
from proguard.annotators.annotate import ask, collect_votes, decide_all, map_samples, votes_table
from proguard.annotators.label_map import load_label_maps
from proguard.files import read_samples, write_json, write_samples, write_table
from proguard.similarity import NameBank, SimilarityConfig
from proguard.stage import run_stage
from proguard.taxonomy import load_taxonomy


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    conf, out = cfg.taxonomy_map, Path(cfg.paths.mapped)
    taxonomy = load_taxonomy(cfg.paths.taxonomy)
    label_maps = load_label_maps(cfg.paths.label_maps, taxonomy)
    samples = read_samples(Path(cfg.paths.collected) / "samples.parquet")
    questions = ask(samples, label_maps=label_maps, taxonomy=taxonomy, carrier_images=conf.carrier_images)
    bank = NameBank(taxonomy, SimilarityConfig(**cfg.similarity))
    votes = collect_votes(questions, annotators=conf.annotators, bank=bank)
    decisions = decide_all(questions, votes)
    mapped = map_samples(samples, decisions)
    write_samples(mapped, out / "samples.parquet")
    write_table(votes_table(votes), out / "votes.parquet")
    summary = report_mapping(mapped, decisions, votes, taxonomy)
    write_json(summary, Path(cfg.paths.summaries) / "taxonomy_map.json")


if __name__ == "__main__":
    run_stage("taxonomy_map", main)
