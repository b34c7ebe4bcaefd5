import pytest

from proguard.annotators.annotate import ask, collect_votes, decide_all, map_samples, votes_table
from proguard.annotators.label_map import Meaning
from proguard.annotators.vote import Vote
from proguard.sample import make_sample
from tests.annotators.banks import make_bank
from tests.worlds import taxonomy

MAPS = {"s": {"fixed": Meaning(("C7S1",)), "open": Meaning(("C3S3", "C11S2"))}}
BANK = make_bank({"racy wink": {"C3S3": 0.6}, "rude joke": {"C7S2": 0.6}})
BOTH = [{"name": "label_map"}, {"name": "embedding", "threshold": 0.25}]


def unsafe(request, label=None, **other):
    fields = {"modality": "text", "request_label": "unsafe"} | other
    return make_sample(source="s", request=request, source_label=label, **fields)


def ask_about(*samples):
    return ask(samples, label_maps=MAPS, taxonomy=taxonomy(), carrier_images=1)


def test_ask_is_about_unsafe_samples_in_order_of_id():
    samples = [unsafe("a"), unsafe("b"), unsafe("c", request_label="safe")]
    assert [q.id for q in ask_about(*samples)] == sorted(s.id for s in samples[:2])


@pytest.mark.parametrize(
    ("request_label", "response_label", "text"),
    [("unsafe", "safe", "ask"), ("safe", "unsafe", "answer"), ("unsafe", "unsafe", "ask\nanswer")],
)
def test_ask_shows_the_unsafe_side(request_label, response_label, text):
    sample = unsafe("ask", request_label=request_label, response="answer", response_label=response_label)
    assert ask_about(sample)[0].text == text


def test_ask_shows_no_text_that_comes_with_many_images():
    samples = [unsafe("What is this?", modality="text_image", image=image) for image in ("i1", "i2")]
    assert [q.text for q in ask_about(*samples)] == [None, None]


def test_tie_goes_to_the_label_map_and_a_lone_vote_counts():
    samples = [unsafe("rude joke", "fixed"), unsafe("racy wink", "open"), unsafe("racy wink")]
    questions = ask_about(*samples)
    decisions = decide_all(questions, collect_votes(questions, annotators=BOTH, bank=BANK))
    assert [s.category for s in map_samples(samples, decisions)] == ["C7S1", "C3S3", "C3S3"]


def test_map_samples_of_an_image_with_an_open_label_stays_unmapped():
    sample = unsafe(None, "open", modality="image", image="i")
    questions = ask_about(sample)
    decisions = decide_all(questions, collect_votes(questions, annotators=BOTH, bank=BANK))
    assert decisions[sample.id].reason == "no_text"
    assert map_samples([sample], decisions) == [sample]


def test_votes_table_is_sorted_whatever_the_order():
    votes = [Vote("b", "y", "C1S1", 0.5), Vote("a", "z", "C1S1", 1.0), Vote("b", "x", "C1S2", 0.3)]
    assert votes_table(votes).equals(votes_table(votes[::-1]))
    assert votes_table(votes)["id"].to_list() == ["a", "b", "b"]


@pytest.mark.parametrize(
    ("annotators", "message"),
    [
        ([{"name": "oracle"}], "expected label_map, or embedding with a threshold; found {'name': 'oracle'}"),
        ([{"name": "embedding"}], "embedding with a threshold; found {'name': 'embedding'}"),
        ([{"name": "label_map"}] * 2, "a name stands twice"),
    ],
)
def test_collect_votes_names_a_wrong_annotator(annotators, message):
    with pytest.raises(ValueError, match=message):
        collect_votes([], annotators=annotators, bank=BANK)
