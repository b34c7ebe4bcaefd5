"""The page: everything that the report says is worked out here, the template only lays it out."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import isnan
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from proguard.evaluate.metrics.confusion import confusion_labels, score_categories
from proguard.evaluate.metrics.estimate import ALL
from proguard.evaluate.metrics.outcome import Outcome
from proguard.evaluate.metrics.versus import Versus
from proguard.evaluate.report import figures
from proguard.evaluate.report.comparison import (
    ALL_LINES,
    OOD_LINES,
    Estimates,
    Guards,
    compare_other_sets,
    guards_on,
)
from proguard.evaluate.report.discovery import DiscoverySection
from proguard.evaluate.report.duplicates import describe_duplicates
from proguard.evaluate.report.examples import describe, draw_examples
from proguard.evaluate.report.failures import KIND_TITLES, KindBar, count_bar, find_weaknesses
from proguard.evaluate.report.guard_details import DetailTable
from proguard.evaluate.report.guards import GuardTable, show
from proguard.evaluate.report.headline import HEADLINES, MODALITY_NAMES, find_losses, find_verdict, show_value
from proguard.evaluate.report.names import draw_names
from proguard.evaluate.report.plots import confusion_pairs
from proguard.evaluate.report.published import compare, full_tables
from proguard.evaluate.report.suites import REST_TITLES, SuiteSections
from proguard.evaluate.report.term_curves import draw_terms
from proguard.evaluate.report.training_material import describe_training
from proguard.naming import NameBank
from proguard.sample import MODALITIES

N_WEAKNESSES = 8


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """The section ``evaluate`` of the parameters, and the name of the profile."""

    profile: str
    """Which profile was run: ``mini``, ``open`` or ``paper``."""

    baseline: str
    """Guard before training."""

    trained: str
    """Guard after training."""

    test_set: str
    """Test set that the report looks into."""

    n_resamples: int
    """Resamples of the bootstrap."""

    confidence: float
    """Share of resamples inside an interval, in (0, 1)."""

    seed: int
    """Seed of the bootstrap and of what the report draws."""

    n_names: int
    """Free names that are printed."""

    n_examples: int
    """Rows that are printed."""

    shown_sources: Sequence[str]
    """Sources whose texts and images may be printed."""

    @property
    def resampling(self) -> dict[str, Any]:
        """The bootstrap's settings, as the functions that measure take them."""
        return {"n_resamples": self.n_resamples, "confidence": self.confidence, "seed": self.seed}


def build_report(
    options: ReportOptions,
    *,
    facts: Sequence[tuple[str, str]],
    estimates: Estimates,
    outcomes: Mapping[str, Sequence[Outcome]],
    bank: NameBank,
    curve: pl.DataFrame,
    terms: pl.DataFrame,
    balance: pl.DataFrame,
    leakage: Mapping[str, Any],
    training: Mapping[str, Any],
    published: pl.DataFrame,
    images: Mapping[str, bytes],
    guards_compared: Sequence[GuardTable] = (),
    details_compared: Sequence[DetailTable] = (),
    versus: Sequence[Versus] = (),
    discovery: DiscoverySection | None = None,
    suites: SuiteSections | None = None,
) -> str:
    """Return the report as HTML.

    Args:
        options: How to compare and what to print.
        facts: What was run: label and value, in the order of the page.
        estimates: By guard or ``difference``, then by test set.
        outcomes: By guard, on ``options.test_set``.
        bank: Names of the categories, embedded.
        curve: Training by step.
        terms: The reward's terms by step, modality and role.
        balance: What `proguard.evaluate.report.plots.balance_table` returns.
        leakage: What `proguard.leakage.report.report_leakage` returns.
        training: What `proguard.ood_split.training_material.report_training` returns.
        published: The paper's numbers: task, modality, benchmark, guard, metric, value.
        images: Bytes by hash, those that `pick_images` names.
        guards_compared: Every guard on every test set.
        details_compared: What lies behind their numbers.
        versus: The trained guard against each other one.
        discovery: What the guard's own names suggest; ``None`` leaves the section out.
        suites: What the suites on drift and on modalities found; ``None`` when no row was changed.
    """
    guards = guards_on(estimates, options.test_set, baseline=options.baseline, trained=options.trained)
    before, after, taxonomy = outcomes[options.baseline], outcomes[options.trained], bank.taxonomy
    drawn = draw_examples(after, n=options.n_examples, seed=options.seed)
    return _template().render(
        options=options,
        facts=facts,
        finding=find_verdict(guards.before, guards.after, guards.gain, options.confidence),
        losses=find_losses(guards.gain),
        tiles=guards.compare(ALL, [line for line in HEADLINES if line.is_tile]),
        overall=guards.compare(ALL),
        by_modality={m: {line.title: line for line in guards.compare(m)} for m in guards.gain if m != ALL},
        details={modality: guards.compare(modality, ALL_LINES) for modality in guards.gain},
        ood=guards.compare(ALL, OOD_LINES),
        lengths=guards.compare_lengths(),
        figures=_draw(guards, curve, before, after, bank) | {"terms": draw_terms(terms)},
        names=draw_names(after, bank, n=options.n_names, seed=options.seed),
        bars=_bars(before, after),
        weaknesses=find_weaknesses(after, taxonomy, n=N_WEAKNESSES),
        examples=[describe(o, taxonomy, shown_sources=options.shown_sources, images=images) for o in drawn],
        sets=compare_other_sets(estimates, options.test_set, baseline=options.baseline, trained=options.trained),
        published=compare(published, guards.before, guards.after),
        published_tables=full_tables(published),
        guards_compared=guards_compared,
        details_compared=details_compared,
        versus=versus,
        discovery=discovery,
        suites=suites,
        rest_titles=REST_TITLES,
        balance=balance.rows(named=True),
        duplicates=describe_duplicates(leakage),
        training=describe_training(training, taxonomy),
        taxonomy=taxonomy,
        modality_names=MODALITY_NAMES,
        kind_titles=KIND_TITLES,
    )


def pick_images(outcomes: Sequence[Outcome], options: ReportOptions) -> list[str]:
    """Return the hashes of the images that the report prints, of the trained guard's ``outcomes``."""
    drawn = draw_examples(outcomes, n=options.n_examples, seed=options.seed)
    samples = [outcome.row.sample for outcome in drawn]
    return sorted({s.image for s in samples if s.image and s.source in options.shown_sources})


def _draw(
    guards: Guards,
    curve: pl.DataFrame,
    before: Sequence[Outcome],
    after: Sequence[Outcome],
    bank: NameBank,
) -> dict[str, str]:
    taxonomy = bank.taxonomy
    codes = taxonomy.codes("category")
    scores = zip(score_categories(before, codes), score_categories(after, codes), strict=True)
    lines = [figures.CategoryLine(f"{old.code} {taxonomy[old.code].name}", old, new) for old, new in scores]
    pairs = confusion_pairs(after, taxonomy)
    return {
        "gains": figures.draw_gains(guards.gain),
        "curve": figures.draw_curve(curve),
        "confusion": figures.draw_confusion(pairs, confusion_labels(taxonomy)),
        "categories": figures.draw_categories(lines),
    }


def _bars(before: Sequence[Outcome], after: Sequence[Outcome]) -> list[KindBar]:
    bars = [count_bar("Before, all", before), count_bar("After, all", after)]
    for modality in MODALITIES:
        own = [o for o in after if o.target.modality == modality]
        bars.append(count_bar(f"After, {MODALITY_NAMES[modality].lower()}", own))
    return [bar for bar in bars if bar.n]


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "data_uri": lambda svg: f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}",
        "percent": lambda share: show_value(share, "percent"),
        "number": lambda value: "–" if isnan(value) else f"{value:.1f}",
        "points": show,
        "thousands": lambda n: f"{n:,}",
        "rows": lambda n: f"{n:,} row{'' if n == 1 else 's'}",
    }
    return environment.get_template("report.html.j2")
