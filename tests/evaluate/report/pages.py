"""Reports for tests: of two guards, or of three on several test sets, one of which reads texts only."""

from dataclasses import replace

import polars as pl

from proguard.evaluate.metrics.outcome import Outcome, judge
from proguard.evaluate.metrics.predictions import measure_sets
from proguard.evaluate.metrics.versus import compare_with_all
from proguard.evaluate.report.discovery import DiscoverySection
from proguard.evaluate.report.guard_details import detail_tables
from proguard.evaluate.report.guards import guard_tables
from proguard.evaluate.report.page import ReportOptions, build_report, pick_images
from proguard.evaluate.report.plots import balance_table
from proguard.naming import NameBank
from proguard.readings.reading import UNASKED
from proguard.reward.config import STRICT
from tests.evaluate.report.summaries import EMPTY, make_training
from tests.evaluate.report.test_figures import TERMS
from tests.outcomes import MINILM, answer, draw_test_rows, predict
from tests.worlds import taxonomy
from tools.closure import ROOT

OPTIONS = ReportOptions(
    profile="mini",
    baseline="base",
    trained="proguard",
    test_set="test",
    n_resamples=50,
    confidence=0.95,
    seed=0,
    n_names=10,
    n_examples=9,
    shown_sources=["mini_world"],
)
MEASURE = {"n_resamples": 50, "confidence": 0.95, "seed": 0}

Judged = tuple[NameBank, dict[str, list[Outcome]], dict[str, bytes]]


def _count_words(texts):
    return [len(text.split()) for text in texts]


def judge_guards() -> Judged:
    """Return names, the outcomes of a weak and a better guard on the same rows, and the images by hash."""
    bank = NameBank(taxonomy(), MINILM)
    rows, images = draw_test_rows(150)
    skills = {"base": 0.3, "proguard": 0.9}
    outcomes = {
        g: judge(rows, predict(rows, answer(rows, skill=s)), bank, STRICT, _count_words) for g, s in skills.items()
    }
    return bank, outcomes, images


def build(
    judged: Judged,
    *,
    options=OPTIONS,
    facts=(("Profile", "mini"),),
    other_sets=(),
    leakage=EMPTY,
    training=None,
    discovery=None,
) -> str:
    """Return the report of two guards."""
    _, outcomes, _ = judged
    sets = {"test": outcomes} | {name: {"proguard": outcomes["proguard"]} for name in other_sets}
    return _build(judged, sets, options, facts, leakage, training or make_training(taxonomy()), discovery)


def build_three(judged: Judged) -> str:
    """Return the report of three guards on three test sets; the third is asked about texts only."""
    _, outcomes, _ = judged
    texts = {g: [o for o in found if o.target.modality == "text"] for g, found in outcomes.items()}
    calm = {g: [o for o in found if not o.target.is_unsafe] for g, found in texts.items()}
    sets = {"test": outcomes, "xstest": texts, "or_bench": calm}
    return _build(
        judged,
        {name: _add_words(guards) for name, guards in sets.items()},
        OPTIONS,
        (),
        EMPTY,
        make_training(taxonomy()),
    )


def _add_words(outcomes: dict[str, list[Outcome]]) -> dict[str, list[Outcome]]:
    words = [o if o.target.modality == "text" else replace(o, reading=UNASKED) for o in outcomes["base"]]
    return outcomes | {"word_list": [replace(o, reward=None) for o in words]}


def _build(
    judged: Judged,
    sets: dict,
    options: ReportOptions,
    facts: tuple,
    leakage: dict,
    training: dict,
    discovery: DiscoverySection | None = None,
) -> str:
    bank, outcomes, images = judged
    estimates = measure_sets(sets, baseline="base", trained="proguard", **MEASURE)
    published = pl.read_csv(ROOT / "data" / "published_results.csv")
    return build_report(
        options,
        facts=facts,
        estimates=estimates,
        outcomes=outcomes,
        bank=bank,
        curve=pl.DataFrame({"step": [1, 2], "reward": [1.0, 2.0]}),
        terms=TERMS,
        balance=balance_table({"test": [o.row for o in outcomes["base"]]}),
        leakage=leakage,
        training=training,
        discovery=discovery,
        published=published,
        images={sha: images[sha] for sha in pick_images(outcomes["proguard"], options)},
        guards_compared=guard_tables(estimates, published, {"word_list": "WildGuard-7B"}),
        details_compared=detail_tables(estimates),
        versus=compare_with_all(sets, trained="proguard", **MEASURE),
    )
