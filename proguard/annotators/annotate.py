"""From samples to votes and categories: the questions, the annotators that answer them, the decisions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import polars as pl

from proguard.annotators.embedding import EMBEDDING, vote_by_embedding
from proguard.annotators.label_map import LabelMaps, meaning_of
from proguard.annotators.vote import LABEL_MAP, Decision, Question, Vote, decide
from proguard.carriers import find_carriers
from proguard.sample import Sample, normalise_text
from proguard.similarity import NameBank
from proguard.taxonomy import Taxonomy

VOTE_SCHEMA: dict[str, pl.DataType] = {
    "id": pl.String(),
    "annotator": pl.String(),
    "category": pl.String(),
    "score": pl.Float64(),
}


def ask(samples: Sequence[Sample], *, label_maps: LabelMaps, taxonomy: Taxonomy, carrier_images: int) -> list[Question]:
    """Return a question for each unsafe sample, in order of id.

    Args:
        carrier_images: A request that stands with more different images than this is no text to judge by.

    Raises:
        ValueError: When a source label has no entry in the label maps.
    """
    carriers = find_carriers(((s.request, s.image) for s in samples), carrier_images=carrier_images)
    return [
        Question(s.id, _unsafe_text(s, carriers), meaning_of(s.source_label, s.source, label_maps, taxonomy))
        for s in sorted(samples, key=lambda s: s.id)
        if s.is_unsafe
    ]


def collect_votes(
    questions: Sequence[Question], *, annotators: Sequence[Mapping[str, Any]], bank: NameBank
) -> list[Vote]:
    """Return the votes of every annotator, in order of the annotators, then of the questions.

    Args:
        annotators: Name and settings of each; a new kind of annotator is a function from questions to votes and a
            case here.

    Raises:
        ValueError: When a name is not known or stands twice.
    """
    names = [annotator["name"] for annotator in annotators]
    if len(set(names)) < len(names):
        raise ValueError(f"taxonomy_map.annotators: a name stands twice in {names}")
    votes: list[Vote] = []
    for annotator in annotators:
        match dict(annotator):
            case {"name": "label_map"}:
                votes += [
                    Vote(q.id, LABEL_MAP, q.meaning.target, 1.0) for q in questions if q.meaning.target is not None
                ]
            case {"name": "embedding", "threshold": threshold}:
                votes += vote_by_embedding(questions, bank=bank, threshold=threshold)
            case unknown:
                expected = f"{LABEL_MAP}, or {EMBEDDING} with a threshold"
                raise ValueError(f"taxonomy_map.annotators: expected {expected}; found {unknown}")
    return votes


def decide_all(questions: Iterable[Question], votes: Iterable[Vote]) -> dict[str, Decision]:
    """Return the outcome of the vote on each question, by sample id."""
    by_id: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        by_id[vote.id].append(vote)
    return {question.id: decide(question, by_id[question.id]) for question in questions}


def map_samples(samples: Iterable[Sample], decisions: Mapping[str, Decision]) -> list[Sample]:
    """Return the samples with their decided category; a safe or unmapped one has none."""
    return [replace(s, category=decisions[s.id].category if s.id in decisions else None) for s in samples]


def votes_table(votes: Iterable[Vote]) -> pl.DataFrame:
    """Return votes as a table, sorted by sample id and annotator."""
    return pl.DataFrame([asdict(v) for v in votes], schema=VOTE_SCHEMA, orient="row").sort("id", "annotator")


def _unsafe_text(sample: Sample, carriers: frozenset[str]) -> str | None:
    sides = ((sample.request, sample.request_label), (sample.response, sample.response_label))
    texts = [text for text, label in sides if text and label == "unsafe"]
    return "\n".join(text for text in texts if normalise_text(text) not in carriers) or None
