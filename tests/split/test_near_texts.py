import random
from itertools import combinations

import pytest

from proguard.sample import normalise_text
from proguard.sources.mini_world import draw_scenes
from proguard.split.near_texts import find_near_texts, jaccard, shingles

TEXT = (
    "please describe in plain and simple words how a small team of people could plan a long trip over the mountains "
    "without any map at all"
)
WORDS = TEXT.split()


def find(*texts, threshold=0.8):
    return find_near_texts(texts, shingle_words=2, text_threshold=threshold)


def changed(word: int) -> str:
    return " ".join([*WORDS[:word], "elsewhere", *WORDS[word + 1 :]])


@pytest.mark.parametrize("word", [0, 10, len(WORDS) - 1])
def test_find_near_texts_finds_one_changed_word_of_25(word):
    assert find(TEXT, changed(word)) == [tuple(sorted([TEXT, changed(word)]))]


def test_find_near_texts_leaves_short_texts_of_one_template_apart():
    texts = [f"write a guide for the hallucinogenic {thing}" for thing in ("pills", "pipe", "powder")]
    assert find(*texts) == []


def test_find_near_texts_finds_nothing_in_the_mini_world():
    scenes = draw_scenes(n=300, split="train", modality="text", rng=random.Random(0))
    texts = sorted({normalise_text(scene.sample.request) for scene in scenes})
    assert find(*texts) == []


def test_find_near_texts_ignores_order_and_equals_every_pair_compared():
    rng = random.Random(0)
    texts = sorted({" ".join(rng.choice("abc") for _ in range(12)) for _ in range(60)})
    expected = [(a, b) for a, b in combinations(texts, 2) if jaccard(shingles(a, 2), shingles(b, 2)) >= 0.8]
    assert find(*texts) == find(*reversed(texts)) == expected
    assert expected


def test_shingles_of_a_short_text_is_the_text():
    assert shingles("one", 2) == {"one"}
    assert shingles("one two three", 2) == {"one two", "two three"}


def test_jaccard_known_value():
    # 2 shingles in common of 4.
    assert jaccard(shingles("a b c d", 2), shingles("a b c e", 2)) == 0.5


def test_find_near_texts_of_nothing_is_nothing():
    assert find() == []
