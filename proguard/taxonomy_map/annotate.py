"""From questions to votes and categories: the annotators that answer, the decisions, the table that they go into."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import polars as pl

from proguard.naming import NameBank
from proguard.sample import SAMPLE_SCHEMA
from proguard.taxonomy import Taxonomy
from proguard.taxonomy_map.classifier import fit_classifier, load_phrases, vote_by_classifier
from proguard.taxonomy_map.embedding import vote_by_embedding
from proguard.taxonomy_map.model import Tally, Workplace, annotate_by_model
from proguard.taxonomy_map.question import Question
from proguard.taxonomy_map.reliability import estimate_truth
from proguard.taxonomy_map.settings import Annotator, ClassifierAnnotator, EmbeddingAnnotator, LabelMapAnnotator
from proguard.taxonomy_map.token_bank import TokenBank
from proguard.taxonomy_map.vote import Decision, Rule, Vote, decide

VOTE_SCHEMA: dict[str, pl.DataType] = {
    "id": pl.String(),
    "annotator": pl.String(),
    "category": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Ballot:
    """All that annotators gave."""

    votes: list[Vote]
    """In order of the annotators, then of the questions."""

    tallies: dict[str, Tally]
    """Of each model annotator, by name."""


def collect_votes(
    questions: Sequence[Question], *, annotators: Sequence[Annotator], bank: NameBank, workplace: Workplace
) -> Ballot:
    """Return the votes of every annotator.

    A new kind of annotator is a file with a function from questions to votes, its settings, and a case here.

    Raises:
        ConnectionError: When a server stays down; answers so far are kept.
        ValueError: When a classifier's file of example requests is not one, or its precision is not reached.
    """
    votes: list[Vote] = []
    tallies: dict[str, Tally] = {}
    for annotator in annotators:
        match annotator:
            case LabelMapAnnotator(name):
                votes += [Vote(q.id, name, q.meaning.target) for q in questions if q.meaning.target is not None]
            case EmbeddingAnnotator(name, threshold):
                votes += vote_by_embedding(questions, bank=bank, threshold=threshold, name=name)
            case ClassifierAnnotator(name, precision, path, embed):
                phrases = {} if path is None else load_phrases(path, bank.taxonomy)
                read = bank if embed == "texts" else TokenBank(bank.taxonomy, bank.config)
                classifier = fit_classifier(phrases, bank=read, precision=precision)
                votes += vote_by_classifier(questions, classifier=classifier, bank=read, name=name)
            case model:
                annotation = annotate_by_model(questions, annotator=model, taxonomy=bank.taxonomy, workplace=workplace)
                votes += annotation.votes
                tallies[model.name] = annotation.tally
    return Ballot(votes, tallies)


def decide_all(
    questions: Iterable[Question], votes: Iterable[Vote], rule: Rule, taxonomy: Taxonomy
) -> dict[str, Decision]:
    """Return the outcome of the vote on each question, by sample id."""
    by_id: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        by_id[vote.id].append(vote)
    truth = estimate_truth([*chain.from_iterable(by_id.values())]) if rule.name == "dawid_skene" else {}
    return {
        question.id: decide(question, by_id.get(question.id, ()), rule, taxonomy, truth=truth.get(question.id))
        for question in questions
    }


def map_samples(table: pl.DataFrame, decisions: Mapping[str, Decision]) -> pl.DataFrame:
    """Return a samples table with the decided categories, sorted by id; a safe or unmapped sample has none."""
    decided = pl.DataFrame(
        [(id_, decision.category) for id_, decision in decisions.items()],
        schema={"id": pl.String(), "category": pl.String()},
        orient="row",
    )
    joined = table.drop("category").join(decided, on="id", how="left", validate="1:1")
    return joined.select(list(SAMPLE_SCHEMA)).sort("id")


def votes_table(votes: Sequence[Vote]) -> pl.DataFrame:
    """Return votes as a table, sorted by sample id and annotator."""
    columns = {name: [getattr(vote, name) for vote in votes] for name in VOTE_SCHEMA}
    return pl.DataFrame(columns, schema=VOTE_SCHEMA).sort("id", "annotator")
