import polars as pl
import pytest

from proguard.sample import make_sample
from proguard.taxonomy_map.label_map import Meaning
from proguard.taxonomy_map.question import ask, read_annotation_texts
from tests.worlds import taxonomy

MAPS = {"s": {"fixed": Meaning(("C7S1",))}}


def unsafe(request, label=None, **other):
    fields = {"modality": "text", "request_label": "unsafe"} | other
    return make_sample(source="s", request=request, source_label=label, **fields)


def ask_about(*samples):
    return ask(samples, label_maps=MAPS, taxonomy=taxonomy(), carrier_images=1, annotation_texts={})


def test_ask_is_about_unsafe_samples_in_order_of_id():
    samples = [unsafe("a"), unsafe("b"), unsafe("c", request_label="safe")]
    assert [q.id for q in ask_about(*samples)] == sorted(s.id for s in samples[:2])


def test_ask_knows_what_the_label_means():
    assert ask_about(unsafe("a", "fixed"))[0].meaning.target == "C7S1"


@pytest.mark.parametrize(
    ("request_label", "response_label", "text"),
    [("unsafe", "safe", "ask"), ("safe", "unsafe", "answer"), ("unsafe", "unsafe", "ask\nanswer")],
)
def test_ask_shows_the_unsafe_side(request_label, response_label, text):
    sample = unsafe("ask", request_label=request_label, response="answer", response_label=response_label)
    assert ask_about(sample)[0].text == text


def test_ask_prefers_the_text_that_a_source_hands_to_annotators():
    image, other = unsafe(None, modality="image", image="i"), unsafe("a")
    texts = {image.id: "what the image asks"}
    questions = ask([image, other], label_maps=MAPS, taxonomy=taxonomy(), carrier_images=1, annotation_texts=texts)
    assert {q.id: (q.text, q.annotation_text) for q in questions} == {
        image.id: ("what the image asks", "what the image asks"),
        other.id: ("a", None),
    }


@pytest.mark.parametrize("rows", [{}, {"a": "text"}, {"b": "x", "a": "y"}])
def test_read_annotation_texts_reads_what_is_there(rows, tmp_path):
    path = tmp_path / "annotation_texts.parquet"
    if rows:
        pl.DataFrame({"id": list(rows), "text": list(rows.values())}).write_parquet(path)
    assert read_annotation_texts(path) == rows


def test_ask_shows_no_text_that_comes_with_many_images():
    samples = [unsafe("What is this?", modality="text_image", image=image) for image in ("i1", "i2")]
    assert [q.text for q in ask_about(*samples)] == [None, None]
