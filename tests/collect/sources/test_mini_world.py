import hashlib
from typing import Any

from proguard.collect.item import Found
from proguard.collect.sources.mini_world import read
from proguard.sample import LABELS, MODALITIES


def read_world(**settings: Any) -> list[Found]:
    defaults = {"n_train": 60, "n_test": 30, "seed": 1, "modalities": MODALITIES, "labels": LABELS}
    return list(read(**(defaults | settings)))


def test_read_draws_a_third_of_each_modality():
    items = read_world()
    drawn = [(i.sample.split, i.sample.modality) for i in items]
    assert {key: drawn.count(key) for key in drawn} == {
        (split, modality): n for split, n in (("train", 20), ("test", 10)) for modality in MODALITIES
    }


def test_read_image_is_the_one_that_the_sample_names():
    for item in read_world():
        expected = None if item.image is None else hashlib.sha256(item.image).hexdigest()
        assert item.sample.image == expected


def test_read_same_seed_gives_the_same_world():
    assert read_world() == read_world()
    assert read_world() != read_world(seed=2)


def test_read_filters_keep_what_the_whole_world_has():
    kept = read_world(modalities=["image"], labels=["safe"])
    whole = [i for i in read_world() if i.sample.modality == "image" and i.sample.request_label == "safe"]
    assert kept == whole
    assert 0 < len(kept) < 30
