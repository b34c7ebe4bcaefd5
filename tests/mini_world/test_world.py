import random

import pytest

from proguard.mini_world.world import UNANSWERED_SHARE, draw_scenes


def draw(split, modality, n=1200, seed=0):
    return [s.sample for s in draw_scenes(n=n, split=split, modality=modality, rng=random.Random(seed))]


@pytest.mark.parametrize("label", ["safe", "unsafe"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_draw_scenes_share_of_requests_has_no_response(split, label):
    samples = [s for s in draw(split, "text") if s.request_label == label]
    share = sum(not s.has_response for s in samples) / len(samples)
    # Standard error of a share of 0.25 over some 480 samples: 0.02.
    assert share == pytest.approx(UNANSWERED_SHARE, abs=0.06)


@pytest.mark.parametrize("modality", ["text", "text_image", "image"])
def test_draw_scenes_response_label_is_there_exactly_with_a_response(modality):
    samples = draw("train", modality, n=100)
    assert all((s.response is not None) == s.has_response == (s.response_label is not None) for s in samples)
    assert {s.has_response for s in samples} == ({False} if modality == "image" else {True, False})


def test_draw_scenes_same_seed_gives_the_same_scenes():
    assert draw("test", "text", n=20) == draw("test", "text", n=20) != draw("test", "text", n=20, seed=1)
