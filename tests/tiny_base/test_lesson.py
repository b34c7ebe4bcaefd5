import random

import pytest

from proguard.mini_world import world as mini_world
from proguard.taxonomy import load_taxonomy
from proguard.tiny_base import lesson
from proguard.tiny_base.lesson import draw_description, draw_moderation, draw_naming, draw_recital
from proguard.tiny_base.teacher import SKILLED
from proguard.verdict import parse

TAXONOMY = load_taxonomy("data/taxonomy.yaml")


@pytest.fixture
def rng():
    return random.Random(0)


def test_draw_moderation_completions_are_well_formed(rng):
    for _ in range(200):
        drawn = draw_moderation(TAXONOMY, SKILLED, shuffle_share=0.5, rng=rng)
        has_response = "<agent>" in drawn.messages[1]["content"]
        assert parse(drawn.completion, has_response=has_response).is_well_formed
        assert has_response == drawn.messages[0]["content"].splitlines()[0].endswith(" response")


def test_draw_moderation_uses_the_training_split_only(rng, monkeypatch):
    splits = set()

    def spy(code, *, split, modality, rng):
        splits.add(split)
        return mini_world.draw_scene(code, split=split, modality=modality, rng=rng)

    monkeypatch.setattr(lesson, "draw_scene", spy)
    for _ in range(20):
        draw_moderation(TAXONOMY, SKILLED, shuffle_share=0.5, rng=rng)
    assert splits == {"train"}


def test_draw_recital_repeats_the_same_lines(rng):
    drawn = draw_recital(TAXONOMY, shuffle_share=1.0, rng=rng)
    shown = drawn.messages[0]["content"].splitlines()[1:]
    assert sorted(drawn.completion.splitlines()) == sorted(shown)


def test_draw_description_says_colour_and_shape(rng):
    drawn = draw_description(rng=rng)
    colour, shape = drawn.completion.split()
    assert (drawn.image is not None, colour.isalpha(), shape.isalpha()) == (True, True, True)


def test_draw_naming_gives_synonyms_of_the_node(rng):
    drawn = draw_naming(TAXONOMY, rng=rng)
    node = next(n for n in TAXONOMY if n.name == drawn.messages[1]["content"])
    assert set(drawn.completion.splitlines()) < set(node.synonyms)
