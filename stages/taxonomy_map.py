"""Stage taxonomy_map: collected samples in; the same samples with a category each, the votes and who disagrees, out.

Run: python stages/taxonomy_map.py
"""

import logging
from pathlib import Path

import hydra
import polars as pl
from omegaconf import DictConfig, OmegaConf

from proguard.naming import NameBank, SimilarityConfig
from proguard.runtime.stage import run_stage
from proguard.sample import read_samples
from proguard.storage.files import write_json, write_table
from proguard.storage.images import ImageStore
from proguard.taxonomy import load_taxonomy
from proguard.taxonomy_map.agreement import count_confusion
from proguard.taxonomy_map.annotate import collect_votes, decide_all, map_samples, votes_table
from proguard.taxonomy_map.label_map import load_label_maps
from proguard.taxonomy_map.mapping_report import report_mapping
from proguard.taxonomy_map.model import Workplace
from proguard.taxonomy_map.question import ask, read_annotation_texts
from proguard.taxonomy_map.settings import read_annotators
from proguard.taxonomy_map.vote import Rule

log = logging.getLogger(__name__)


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    conf = OmegaConf.to_container(cfg.taxonomy_map, resolve=True)
    runtime = OmegaConf.to_container(cfg.runtime, resolve=True)
    collected, out = Path(cfg.paths.collected), Path(cfg.paths.mapped)
    annotators, rule = read_annotators(conf["annotators"]), Rule(**conf["rule"])
    taxonomy = load_taxonomy(cfg.paths.taxonomy)
    label_maps = load_label_maps(cfg.paths.label_maps, taxonomy)
    bank = NameBank(taxonomy, SimilarityConfig(**cfg.similarity))
    workplace = Workplace(ImageStore(collected / "images"), runtime)
    samples = read_samples(collected / "samples.parquet")
    questions = ask(
        samples,
        label_maps=label_maps,
        taxonomy=taxonomy,
        carrier_images=cfg.carriers.max_images,
        annotation_texts=read_annotation_texts(collected / "annotation_texts.parquet"),
    )
    ballot = collect_votes(questions, annotators=annotators, bank=bank, workplace=workplace)
    decisions = decide_all(questions, ballot.votes, rule, taxonomy)
    confusion = count_confusion(ballot.votes)
    write_table(map_samples(pl.read_parquet(collected / "samples.parquet"), decisions), out / "samples.parquet")
    write_table(votes_table(ballot.votes), out / "votes.parquet")
    write_table(confusion, out / "confusion.parquet")
    summary = report_mapping(
        questions, decisions, n_samples=len(samples), ballot=ballot, confusion=confusion, taxonomy=taxonomy
    )
    for label in summary["contradicted_labels"]:
        log.warning(
            "label map of %(source)s: %(label)s is fixed as %(code)s; %(against)s of %(votes)s votes contradict it; "
            "read some rows, and list what it may mean",
            label,
        )
    write_json(summary, Path(cfg.paths.summaries) / "taxonomy_map.json")


if __name__ == "__main__":
    run_stage("taxonomy_map", main)
