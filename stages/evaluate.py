"""Stage evaluate: predictions in; metrics.json, the headline metrics, plot data and the report out.

    python stages/evaluate.py

Which guards were asked about which test sets is what ``predict.guards`` and ``predict.test_sets`` say.
"""

from pathlib import Path
from typing import Any

import hydra
import polars as pl
from omegaconf import DictConfig, OmegaConf

from proguard.card import contract_hashes, read_card
from proguard.evaluate.metrics.estimate import to_json
from proguard.evaluate.metrics.predictions import check_guards, judge_all, measure_sets
from proguard.evaluate.metrics.tokens import token_counter
from proguard.evaluate.metrics.versus import compare_with_all, versus_csv
from proguard.evaluate.report.comparison import guards_on
from proguard.evaluate.report.discovery import DiscoverySection, show_discovery
from proguard.evaluate.report.facts import describe_run
from proguard.evaluate.report.guard_details import detail_tables, details_csv
from proguard.evaluate.report.guards import guard_tables, guards_csv
from proguard.evaluate.report.headline import summarise
from proguard.evaluate.report.markdown import build_markdown
from proguard.evaluate.report.page import ReportOptions, build_report, pick_images
from proguard.evaluate.report.plots import balance_table, confusion_pairs, confusion_table
from proguard.evaluate.report.suites import show_suites
from proguard.evaluate.suites.measured import SUITES_KEY, Suites, measure_suites
from proguard.evaluate.suites.pairs import read_pairs
from proguard.naming import NameBank, SimilarityConfig
from proguard.reward.config import RewardConfig
from proguard.reward.score import reward_hash
from proguard.row import read_rows
from proguard.runtime.stage import run_stage
from proguard.storage.files import atomic_file, read_json, write_json
from proguard.storage.images import ImageStore
from proguard.taxonomy import Taxonomy, load_taxonomy
from proguard.variant import read_variants


@hydra.main(version_base="1.3", config_path="..", config_name="params")
def main(cfg: DictConfig) -> None:
    """Run the stage."""
    options = ReportOptions(profile=cfg.profile, **OmegaConf.to_container(cfg.evaluate))
    guards, test_sets = list(cfg.predict.guards), list(cfg.predict.test_sets)
    compared: dict[str, Any] = {"baseline": options.baseline, "trained": options.trained}
    check_guards(guards, test_sets, needed=compared.values(), test_set=options.test_set)
    taxonomy = load_taxonomy(cfg.paths.taxonomy)
    similarity, reward = SimilarityConfig(**cfg.similarity), RewardConfig(**cfg.reward)
    bank = NameBank(taxonomy, similarity)
    rows = {split: read_rows(Path(cfg.paths.splits) / f"{split}.parquet", taxonomy) for split in ("train", "test")}

    outcomes = judge_all(
        guards,
        test_sets,
        predictions=Path(cfg.paths.predictions),
        splits=Path(cfg.paths.splits),
        bank=bank,
        reward=reward,
        count_tokens=token_counter(Path(cfg.paths.guards) / options.trained),
    )
    estimates = measure_sets(outcomes, **compared, **options.resampling)
    versus = compare_with_all(outcomes, trained=options.trained, **options.resampling)
    suites = _measure_suites(cfg, options, taxonomy)
    names = {name: entry.facts.published_as for name, entry in cfg.guards.items()}
    every_guard = guard_tables(estimates, pl.read_csv(cfg.paths.published), names)
    balance = balance_table(rows)
    own = outcomes[options.test_set][options.trained]
    details = detail_tables(estimates)
    facts = describe_run(
        profile=options.profile,
        card=read_card(Path(cfg.paths.guards) / options.trained),
        rows=rows,
        hashes={**contract_hashes(taxonomy), "reward": reward_hash(reward, similarity)},
        seed=options.seed,
    )
    discovery = _show_discovery(cfg, options, taxonomy)
    sections = show_suites(suites)
    report = build_report(
        options,
        facts=facts,
        estimates=estimates,
        outcomes=outcomes[options.test_set],
        bank=bank,
        curve=pl.read_csv(Path(cfg.paths.training) / "curve.csv"),
        terms=pl.read_csv(Path(cfg.paths.training) / "terms.csv"),
        balance=balance,
        leakage=read_json(Path(cfg.paths.summaries) / "leakage.json"),
        training=read_json(Path(cfg.paths.summaries) / "ood_split.json")["training"],
        published=pl.read_csv(cfg.paths.published),
        images=ImageStore(Path(cfg.paths.collected) / "images").read(pick_images(own, options)),
        guards_compared=every_guard,
        details_compared=details,
        versus=versus,
        discovery=discovery,
        suites=sections,
    )
    pair = guards_on(estimates, options.test_set, **compared)
    markdown = build_markdown(
        pair,
        facts=facts,
        confidence=options.confidence,
        tables=every_guard,
        details=details,
        versus=versus,
        discovery=discovery,
        suites=sections,
    )
    tables = {
        "balance": balance,
        "confusion": confusion_table(confusion_pairs(own, taxonomy)),
        "guards": guards_csv(every_guard),
        "guard_details": details_csv(details),
        "versus": versus_csv(versus),
    }
    for name, table in tables.items():
        with atomic_file(Path(cfg.paths.plots) / f"{name}.csv") as temporary:
            table.write_csv(temporary)
    for path, text in ((cfg.paths.report, report), (cfg.paths.report_md, markdown)):
        with atomic_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    write_json(to_json(estimates | {SUITES_KEY: suites.as_metrics()}), cfg.paths.metrics)
    headline = summarise(pair.before, pair.after, pair.gain, options.confidence)
    write_json(headline, Path(cfg.paths.summaries) / "evaluate.json")


def _measure_suites(cfg: DictConfig, options: ReportOptions, taxonomy: Taxonomy) -> Suites:
    """Return what the changed rows of the test set show of each guard."""
    pairs = read_pairs(
        list(cfg.predict.guards),
        read_variants(Path(cfg.paths.variants) / "rows.parquet", taxonomy),
        read_rows(Path(cfg.paths.splits) / f"{options.test_set}.parquet", taxonomy),
        predictions=Path(cfg.paths.predictions),
        test_set=options.test_set,
        taxonomy=taxonomy,
    )
    return measure_suites(pairs, **options.resampling)


def _show_discovery(cfg: DictConfig, options: ReportOptions, taxonomy: Taxonomy) -> DiscoverySection:
    """Return the report's section on what stage discover found."""
    return show_discovery(
        read_json(Path(cfg.paths.summaries) / "discover.json"),
        read_json(Path(cfg.paths.discovery) / "proposals.json"),
        pl.read_parquet(Path(cfg.paths.discovery) / "trial.parquet"),
        taxonomy,
        **options.resampling,
    )


if __name__ == "__main__":
    run_stage("evaluate", main)
