"""Guards behind a moderation API."""

import json

import pytest

from proguard.guards.categories import load_meanings
from proguard.guards.moderation import Moderation
from proguard.guards.spec import Scope
from proguard.inference.engine import Completion
from tests.guards.rows import ROWS
from tests.worlds import taxonomy
from tools.closure import ROOT

ALL = Scope(("text", "text_image", "image"), ("request", "response"))
OMNI = Moderation(ALL, {}, load_meanings("omni_moderation", ROOT / "data" / "guard_maps.yaml", taxonomy()))


def answer(flagged, **scores):
    names = {"self-harm" if k == "self_harm" else k: v for k, v in scores.items()}
    categories = {name: score > 0.5 for name, score in names.items()} | {"illicit": None}
    return Completion(json.dumps({"flagged": flagged, "categories": categories, "category_scores": names}))


@pytest.mark.parametrize(
    ("row", "contents"),
    [
        ("both", {"request": "how do i bake bread", "response": "mix flour and water"}),
        ("text_image", {"request": "<image>how do i bake bread", "response": "mix flour and water"}),
        ("image", {"request": "<image>"}),
    ],
)
def test_sides_are_asked_apart_and_the_image_belongs_to_the_request(row, contents):
    asks = OMNI.asks(ROWS[row], taxonomy())
    assert {ask.key: ask.query.messages[0]["content"] for ask in asks} == contents
    assert all(ask.query.is_moderation for ask in asks)
    assert [ask.key for ask in asks if ask.shows_image] == ([] if row == "both" else ["request"])


def test_label_is_what_was_flagged_and_the_score_the_highest():
    answers = {"request": answer(True, hate=0.6, self_harm=0.9), "response": answer(False, hate=0.1)}
    reading = OMNI.read(ROWS["both"], answers)
    assert (reading.request.label, reading.request.score) == ("unsafe", 0.9)
    assert (reading.response.label, reading.response.score) == ("safe", 0.1)
    assert (reading.category, reading.code) == ("self-harm, hate", "C9S1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "safe",
        "[]",
        "{}",
        '{"flagged": "no"}',
        '{"flagged": 1}',
        '{"categories": [], "category_scores": 3}',
        "[" * 100000,
    ],
)
def test_answer_of_another_shape_is_unread(text):
    reading = OMNI.read(ROWS["request"], {"request": Completion(text)})
    assert (reading.request.status, reading.detail) == ("unread", "no_match")


def test_scores_that_are_none_count_for_nothing():
    text = '{"flagged": false, "category_scores": {"hate": null, "sexual": true, "violence": 7, "illicit": 0.25}}'
    assert OMNI.read(ROWS["request"], {"request": Completion(text)}).request.score == 0.25
