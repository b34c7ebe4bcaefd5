import random
from itertools import count

import pytest

from proguard.mini_world.world import draw_scene
from proguard.policy import Policy
from proguard.taxonomy import load_taxonomy
from proguard.tiny_base.teacher import SAFE_REASONING, SKILLED, Habits, draw_habits, teach
from proguard.verdict import Verdict

TAXONOMY = load_taxonomy("data/taxonomy.yaml")
LISTED = Policy("subcategory", (("C1S1", "C6S1"), ("C2S2", "C8S1")))
UNLISTED = Policy("subcategory", (("C2S2", "C8S1"),))


def draw(code, seed=0, *, has_response=True):
    rng = random.Random(seed)
    scenes = (draw_scene(code, split="train", modality="text", rng=rng) for _ in count())
    return next(scene for scene in scenes if scene.sample.has_response == has_response)


def habits(**changes):
    empty = {name: frozenset() for name in Habits.__dataclass_fields__}
    rest = {"mistaken_for": {}, "strength": 1.0, "free_share": 0.0, "good_share": 1.0}
    return Habits(**{**empty, **rest, **changes})


def answer(scene, policy, of):
    return teach(scene, policy, taxonomy=TAXONOMY, habits=of, rng=random.Random(1))


def test_teach_skilled_listed_gives_shown_id():
    scene = draw("C6S1")
    expected = Verdict("unsafe", scene.sample.response_label, "C1S1", "Financial Fraud C1S1")
    assert answer(scene, LISTED, SKILLED) == expected


def test_teach_skilled_unlisted_gives_a_synonym_of_the_category():
    verdict = answer(draw("C6S1"), UNLISTED, SKILLED)
    assert verdict.reasoning == "Financial Fraud is not listed"
    assert verdict.category in TAXONOMY["C6S1"].synonyms


def test_teach_skilled_safe_says_no_risk():
    assert answer(draw(None), LISTED, SKILLED) == Verdict("safe", "safe", None, SAFE_REASONING)


def test_teach_without_a_response_judges_the_request_only():
    safe, unsafe = (draw(code, has_response=False) for code in (None, "C6S1"))
    assert answer(safe, LISTED, SKILLED) == Verdict("safe", None, None, SAFE_REASONING)
    assert answer(unsafe, LISTED, SKILLED) == Verdict("unsafe", None, "C1S1", "Financial Fraud C1S1")


def test_teach_missed_thing_is_called_safe():
    scene = draw("C6S1")
    assert answer(scene, LISTED, habits(missed_things=frozenset({scene.thing}))).request == "safe"


def test_teach_mistaken_category_is_named():
    verdict = answer(draw("C6S1"), LISTED, habits(mistaken_for={"C6S1": "C8S1"}))
    assert verdict.category == "C2S2"


def test_teach_unlisted_without_free_names_gives_the_code_known_by_heart():
    assert answer(draw("C6S1"), UNLISTED, habits()).category == "C6S1"


@pytest.mark.parametrize("seed", range(5))
def test_teach_misread_response_is_turned_round(seed):
    scene = draw("C6S1", seed)
    misread = habits(misread_words=frozenset(scene.sample.response.split()))
    assert answer(scene, LISTED, misread).response != scene.sample.response_label


def test_draw_habits_misses_a_third_of_things_and_signs():
    # 28 subcategories with 5 things each, 28 signs of a risk, rounded down.
    drawn = draw_habits(TAXONOMY, strength=0.5, free_share=0.3, good_share=0.5, rng=random.Random(0))
    assert len(drawn.missed_things) == 140 // 3
    assert len(drawn.missed_signs) == 28 // 3
