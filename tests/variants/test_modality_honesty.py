"""Changes of a part: what is asked after them, and what is right then."""

import random

import pytest

from proguard.evaluate.report.suites import due
from proguard.mini_world.world import draw_scenes
from proguard.sample import make_sample
from proguard.variants.modality_honesty import CHANGES, PLAIN_REQUEST, Pictures, find_carrier

ALONE = {
    label: make_sample(
        source="mini_world", modality="image", image=f"alone {label}", request_label=label, category=category
    )
    for label, category in (("safe", None), ("unsafe", "C8S1"))
}
PICTURES = Pictures({"i": "blank"}, {"i": "noisy"}, [ALONE["safe"]], [ALONE["unsafe"]])


def make(carrier, *, source="mini_world"):
    unsafe = carrier != "nothing"
    return make_sample(
        source=source,
        modality="text_image",
        request="r",
        response="a",
        image="i",
        request_label="unsafe" if unsafe else "safe",
        response_label="unsafe" if unsafe else "safe",
        category="C7S2" if unsafe else None,
        group="cue thing" if carrier == "words" else None,
    )


def change(name, sample):
    return CHANGES[name](sample, find_carrier(sample), PICTURES, random.Random(0))


@pytest.mark.parametrize("modality", ["text", "image", "text_image"])
def test_find_carrier_agrees_with_the_world(modality):
    for scene in draw_scenes(n=60, split="test", modality=modality, rng=random.Random(1)):
        is_unsafe = scene.sample.is_unsafe
        truth = "nothing" if not is_unsafe else "picture" if scene.cue is None else "words"
        assert find_carrier(scene.sample) == truth


def test_find_carrier_of_another_source_is_not_known():
    assert find_carrier(make("words", source="other")) is None
    assert find_carrier(make("nothing", source="other")) == "nothing"


@pytest.mark.parametrize(
    ("name", "words", "picture"),
    [
        ("blank_picture", "unsafe", "safe"),
        ("noisy_picture", "unsafe", "unsafe"),
        ("safe_picture", "unsafe", "safe"),
        ("unsafe_picture", "unsafe", "unsafe"),
        ("no_picture", "unsafe", "safe"),
        ("plain_words", "safe", "unsafe"),
        ("no_words", "safe", "unsafe"),
        ("no_response", "unsafe", "unsafe"),
    ],
)
def test_change_knows_the_label_from_where_the_risk_was(name, words, picture):
    assert change(name, make("words")).request_label == words
    assert change(name, make("picture")).request_label == picture
    assert change(name, make("nothing")).request_label == ("unsafe" if name == "unsafe_picture" else "safe")


@pytest.mark.parametrize("name", ["blank_picture", "safe_picture", "no_picture", "plain_words", "no_words"])
def test_change_of_a_source_that_does_not_tell_has_no_label(name):
    changed = change(name, make("words", source="other"))
    assert (changed.request_label, changed.response_label, changed.category) == (None, None, None)


def test_changes_touch_the_part_that_they_name():
    sample = make("words")
    assert change("blank_picture", sample).image == "blank"
    assert change("noisy_picture", sample).image == "noisy"
    assert change("safe_picture", sample).image == "alone safe"
    assert change("unsafe_picture", sample).image == "alone unsafe"
    plain = change("plain_words", sample)
    assert (plain.request, plain.response, plain.image) == (PLAIN_REQUEST, None, "i")
    alone = change("no_words", sample)
    assert (alone.modality, alone.request, alone.response, alone.image) == ("image", None, None, "i")
    text = change("no_picture", sample)
    assert (text.modality, text.request, text.response, text.image) == ("text", "r", "a", None)
    assert change("no_response", sample).response is None


def test_unsafe_picture_brings_its_category_where_no_other_risk_is():
    assert change("unsafe_picture", make("nothing")).category == "C8S1"
    assert change("unsafe_picture", make("picture")).category == "C8S1"
    assert change("unsafe_picture", make("words")).category is None


def test_response_label_is_dropped_where_its_risk_is_gone():
    assert change("blank_picture", make("words")).response_label == "unsafe"
    assert change("blank_picture", make("picture")).response_label is None
    assert change("blank_picture", make("nothing")).response_label == "safe"


def test_changes_of_two_parts_leave_one_part_alone():
    assert [name for name in CHANGES if change(name, ALONE["safe"].__class__(**fields(image="i"))) is not None] == [
        "blank_picture",
        "noisy_picture",
    ]
    text = make_sample(source="s", modality="text", request="r", response="a", request_label="safe")
    assert [name for name in CHANGES if change(name, text) is not None] == ["no_response"]


def fields(**changes):
    return {name: getattr(ALONE["safe"], name) for name in ALONE["safe"].__slots__} | changes


def test_no_response_keeps_no_category_of_the_response():
    sample = make_sample(
        source="s",
        modality="text",
        request="r",
        response="a",
        request_label="safe",
        response_label="unsafe",
        category="C7S2",
    )
    assert change("no_response", sample).category is None


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("carrier", ["words", "picture", "nothing"])
def test_report_prints_the_label_that_a_change_gives(name, carrier):
    assert due(name, carrier) == change(name, make(carrier)).request_label
