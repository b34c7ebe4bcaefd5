"""Measures annotators that need no GPU where a source's label fixes a code, and writes docs/annotation.json.

Prints the table of docs/annotation.md.

    PROGUARD_MIRROR=<folder> python -m benchmarks.annotators

No annotator learns from a row of a data set, and nothing was chosen on `HELD_OUT`; the strength of the classifier's
regularisation and its precision were chosen on OpenAI's moderation set. Rows of all `HELD_OUT` together are the source
``held_out``. Sources that the mirror lacks are left out. The file also has hashes of what its numbers depend on in the
repository: a test fails when they differ.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from proguard.collect.files.editions import Access, find_folder
from proguard.collect.run import Limits, collect_sources
from proguard.collect.web.images import WebImages
from proguard.naming import MINILM_SHA256, NameBank, SimilarityConfig
from proguard.sample import read_samples
from proguard.storage.files import write_json
from proguard.storage.fingerprint import fingerprint
from proguard.taxonomy import load_taxonomy
from proguard.taxonomy_map.accuracy import MIN_VOTES, find_contradicted, measure_accuracy
from proguard.taxonomy_map.annotate import collect_votes, decide_all
from proguard.taxonomy_map.classifier import FOLDS, INVERSE_REGULARISATION, LEAD_STEP, load_phrases
from proguard.taxonomy_map.embedding import MARGIN
from proguard.taxonomy_map.label_map import load_label_maps
from proguard.taxonomy_map.question import Question, ask, read_annotation_texts
from proguard.taxonomy_map.settings import Annotator, ClassifierAnnotator, EmbeddingAnnotator
from proguard.taxonomy_map.token_bank import FIRST_TOKEN, SMOOTHING
from proguard.taxonomy_map.vote import Rule, RuleName, Vote

ROOT = Path(__file__).parent.parent
SUMMARY = ROOT / "docs" / "annotation.json"
PHRASES = str(ROOT / "data" / "annotator_phrases.yaml")

SOURCES = ("openai_moderation", "med_safety_bench", "figstep")
HELD_OUT = ("harmbench", "xstest")
OPTIONAL = ("simple_safety_tests",)
"""Benchmarks that are measured on their own; the committed file was made without them."""

ANNOTATORS: Sequence[Annotator] = (
    EmbeddingAnnotator("embedding", threshold=0.25),
    EmbeddingAnnotator("embedding_on_all", threshold=0.0),
    ClassifierAnnotator("classifier_on_taxonomy", precision=0.97, phrases=None),
    ClassifierAnnotator("classifier", precision=0.92, phrases=PHRASES),
    ClassifierAnnotator("classifier_on_all", precision=0.8, phrases=PHRASES),
    ClassifierAnnotator("classifier_on_tokens", precision=0.85, phrases=PHRASES, embed="tokens"),
)
AGGREGATED = ("embedding", "classifier_on_taxonomy", "classifier")
"""Annotators whose votes are aggregated by each rule, with a rule's outcome measured like an annotator."""

RULES: Sequence[RuleName] = ("majority", "dawid_skene")


def collect_questions(mirror: Path) -> list[Question]:
    """Return a question for each unsafe row of the sources that ``mirror`` has; all of them are read and verified."""
    roles = {"source": SOURCES, "benchmark": HELD_OUT + OPTIONAL}
    entries = {role: {n: _load(role, n) for n in names if find_folder(mirror, [n])} for role, names in roles.items()}
    taxonomy = load_taxonomy(ROOT / "data" / "taxonomy.yaml")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "collected"
        folder.mkdir()
        collect_sources(
            entries["source"],
            entries["benchmark"],
            folder=folder,
            access=Access(mirror=mirror, cache=Path(name), offline=True, hub_endpoint=None),
            web=WebImages(Path(name), offline=True, max_bytes=1, timeout_seconds=1, concurrency=1, attempts=1),
            limits=Limits(max_pixels=40_000_000, max_bad_share=0.0, max_dead_share=0.0),
        )
        return ask(
            read_samples(folder / "samples.parquet"),
            label_maps=load_label_maps(ROOT / "data" / "label_maps.yaml", taxonomy),
            taxonomy=taxonomy,
            carrier_images=OmegaConf.load(ROOT / "conf" / "carriers.yaml").carriers.max_images,
            annotation_texts=read_annotation_texts(folder / "annotation_texts.parquet"),
        )


def measure(questions: Sequence[Question]) -> dict[str, Any]:
    """Return the accuracy of each annotator and rule by source, the labels they contradict, and what is mapped."""
    taxonomy = load_taxonomy(ROOT / "data" / "taxonomy.yaml")
    similarity = OmegaConf.load(ROOT / "conf" / "similarity" / "minilm_wheel.yaml")
    bank = NameBank(taxonomy, SimilarityConfig(**similarity))
    votes = collect_votes(questions, annotators=ANNOTATORS, bank=bank, workplace=None).votes
    combined = [vote for vote in votes if vote.annotator in AGGREGATED]
    outcomes = [
        Vote(id_, rule, decision.category)
        for rule in RULES
        for id_, decision in decide_all(questions, combined, Rule(rule, min_votes=1), taxonomy).items()
        if decision.category
    ]
    together = [replace(q, sample=replace(q.sample, source="held_out")) for q in questions if _is_held_out(q)]
    usual = [vote for vote in votes if vote.annotator == "classifier"]
    return {
        "accuracy": measure_accuracy([*questions, *together], votes + outcomes, taxonomy),
        "contradicted_labels": find_contradicted(questions, usual, taxonomy),
        "votes_by_source": {name: _count_votes(questions, votes, name) for name in ("embedding", "classifier")},
        "inputs": hash_inputs(),
    }


def hash_inputs() -> dict[str, str]:
    """Return hashes of the taxonomy, the example requests, the label maps and the settings of annotators and rules.

    Comments and the label maps of sources other than `SOURCES` and `HELD_OUT` change none.
    """
    taxonomy = load_taxonomy(ROOT / "data" / "taxonomy.yaml")
    label_maps = load_label_maps(ROOT / "data" / "label_maps.yaml", taxonomy)
    return {
        "taxonomy": taxonomy.hash,
        "phrases": fingerprint(phrases=load_phrases(PHRASES, taxonomy)),
        "label_maps": fingerprint(**{name: label_maps[name] for name in SOURCES + HELD_OUT}),
        "annotators": fingerprint(
            annotators=str(ANNOTATORS).replace(str(ROOT), ""),
            aggregated=AGGREGATED,
            rules=RULES,
            contradicted=MIN_VOTES,
            model=MINILM_SHA256,
            embedding=MARGIN,
            classifier=(INVERSE_REGULARISATION, FOLDS, LEAD_STEP),
            tokens=(SMOOTHING, FIRST_TOKEN),
        ),
    }


def table(summary: Mapping[str, Any]) -> list[str]:
    """Return the accuracy of a summary as lines of Markdown, by source and annotator."""
    lines = [
        "| source | annotator | rows | votes | coverage | exact | category | kappa |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for source, by_name in summary["accuracy"].items():
        for name, m in by_name.items():
            shares = [f"{m[key]:.2f}" for key in ("coverage", "exact", "category", "kappa")]
            lines.append(f"| {source} | {name} | {m['rows']} | {m['votes']} | {' | '.join(shares)} |")
    return lines


def _count_votes(questions: Sequence[Question], votes: Sequence[Vote], name: str) -> Mapping[str, float]:
    """Return the share of all unsafe rows, whatever their label, that an annotator votes on."""
    voted = {vote.id for vote in votes if vote.annotator == name}
    sources = sorted({q.sample.source for q in questions})
    rows = {source: [q.id in voted for q in questions if q.sample.source == source] for source in sources}
    return {source: round(sum(given) / len(given), 4) for source, given in rows.items()}


def _is_held_out(question: Question) -> bool:
    return question.sample.source in HELD_OUT


def _load(role: str, name: str) -> dict[str, Any]:
    conf = OmegaConf.load(ROOT / "conf" / role / f"{name}.yaml")
    return OmegaConf.to_container(conf.collect.benchmarks[name] if role == "benchmark" else conf)


def main() -> None:
    """Measure on the mirror of the command line, or of ``PROGUARD_MIRROR``, and write the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, default=os.environ.get("PROGUARD_MIRROR"))
    parser.add_argument("--out", type=Path, default=SUMMARY)
    arguments = parser.parse_args()
    if arguments.mirror is None:
        parser.error("--mirror: expected a folder with the sources' files; or set PROGUARD_MIRROR")
    summary = measure(collect_questions(arguments.mirror))
    write_json(summary, arguments.out)
    sys.stdout.write("\n".join(table(summary)) + "\n")


if __name__ == "__main__":
    main()
