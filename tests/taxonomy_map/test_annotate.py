import polars as pl
import pytest

from proguard.sample import make_sample
from proguard.taxonomy_map.annotate import collect_votes, decide_all, map_samples, votes_table
from proguard.taxonomy_map.label_map import Meaning
from proguard.taxonomy_map.question import ask
from proguard.taxonomy_map.settings import ClassifierAnnotator, EmbeddingAnnotator, LabelMapAnnotator
from proguard.taxonomy_map.vote import Decision, Rule, Vote
from tests.tables import samples_table
from tests.taxonomy_map.banks import make_bank
from tests.taxonomy_map.questions import make_question
from tests.worlds import taxonomy

MAPS = {"s": {"fixed": Meaning(("C7S1",)), "open": Meaning(("C3S3", "C11S2"))}}
BANK = make_bank({"racy wink": {"C3S3": 0.6}, "rude joke": {"C7S2": 0.6}})
BOTH = [LabelMapAnnotator("label_map"), EmbeddingAnnotator("near", 0.25)]


def unsafe(request, label=None, **other):
    fields = {"modality": "text", "request_label": "unsafe"} | other
    return make_sample(source="s", request=request, source_label=label, **fields)


def map_by_vote(*samples):
    questions = ask(samples, label_maps=MAPS, taxonomy=taxonomy(), carrier_images=1, annotation_texts={})
    ballot = collect_votes(questions, annotators=BOTH, bank=BANK, workplace=None)
    decisions = decide_all(questions, ballot.votes, Rule("majority", 1), taxonomy())
    mapped = map_samples(samples_table(samples), decisions)
    return {id_: (category, decisions[id_].reason) for id_, category in mapped.select("id", "category").rows()}


@pytest.mark.parametrize(
    ("sample", "outcome"),
    [
        (unsafe("rude joke", "fixed"), ("C7S1", None)),  # a tie goes to the label map
        (unsafe("racy wink", "open"), ("C3S3", None)),  # a lone vote counts
        (unsafe("racy wink"), ("C3S3", None)),
        (unsafe(None, "open", modality="image", image="i"), (None, "no_text")),
    ],
)
def test_label_map_and_embedding_decide_together(sample, outcome):
    assert map_by_vote(sample) == {sample.id: outcome}


def test_collect_votes_names_the_annotator_and_comes_in_their_order():
    questions = ask(
        [unsafe("rude joke", "fixed")], label_maps=MAPS, taxonomy=taxonomy(), carrier_images=1, annotation_texts={}
    )
    votes = collect_votes(questions, annotators=BOTH, bank=BANK, workplace=None).votes
    assert [(v.annotator, v.category) for v in votes] == [("label_map", "C7S1"), ("near", "C7S2")]


def test_decide_all_by_dawid_skene_weighs_the_annotator_that_others_confirm():
    questions = [make_question(str(i), source="s") for i in range(9)]
    codes = ["C1S1", "C2S1", "C3S1"] * 3
    votes = [Vote(q.id, name, c) for q, c in zip(questions, codes, strict=True) for name in ("a", "b")]
    votes = [v for v in votes if v.id != questions[0].id or v.annotator == "a"]
    votes += [Vote(q.id, "odd", "C2S1") for q in questions]
    rule = Rule("dawid_skene", min_votes=1)
    decisions = decide_all(questions, votes, rule, taxonomy())
    assert [decisions[q.id].category for q in questions] == codes
    assert decide_all(questions, votes, Rule("majority", 1), taxonomy())[questions[0].id].reason == "tie"
    assert decide_all(questions, [], rule, taxonomy())[questions[0].id].reason == "abstained"


def test_collect_votes_of_a_classifier_need_no_requests():
    questions = ask([unsafe("racy wink")], label_maps=MAPS, taxonomy=taxonomy(), carrier_images=1, annotation_texts={})
    annotators = [ClassifierAnnotator("linear", precision=0.9, phrases=None)]
    votes = collect_votes(questions, annotators=annotators, bank=BANK, workplace=None).votes
    assert [(v.annotator, v.category) for v in votes] == [("linear", "C3S3")]


def test_map_samples_takes_away_a_category_that_was_not_decided():
    samples = [unsafe("a", category="C1S1"), unsafe("b"), unsafe("c", request_label="safe")]
    decisions = {samples[0].id: Decision(None, "tie"), samples[1].id: Decision("C2S1")}
    mapped = map_samples(samples_table(samples).reverse(), decisions)
    assert dict(mapped.select("request", "category").rows()) == {"a": None, "b": "C2S1", "c": None}
    assert mapped.drop("category").equals(samples_table(samples).drop("category"))


def test_map_samples_of_an_id_that_stands_twice_fails():
    table = samples_table([unsafe("a"), unsafe("a")])
    with pytest.raises(pl.exceptions.ComputeError, match="1:1"):
        map_samples(table, {})


def test_votes_table_is_sorted_whatever_the_order():
    votes = [Vote("b", "y", "C1S1"), Vote("a", "z", "C1S1"), Vote("b", "x", "C1S2")]
    assert votes_table(votes).equals(votes_table(votes[::-1]))
    assert votes_table(votes).rows()[0] == ("a", "z", "C1S1")
    assert votes_table(votes)["id"].to_list() == ["a", "b", "b"]
