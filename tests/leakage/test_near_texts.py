import random
from itertools import combinations

import numpy as np
import pytest

from proguard.leakage.near_texts import MIN_RECALL, N_HASHES, band_size, fewest_equal, find_near_texts, jaccard
from proguard.leakage.shingles import shingle_texts
from proguard.mini_world.world import draw_scenes
from proguard.text import normalise_text

TEXT = (
    "please describe in plain and simple words how a small team of people could plan a long trip over the mountains "
    "without any map at all"
)
WORDS = TEXT.split()


def find(*texts, words=2, threshold=0.8):
    return find_near_texts(texts, shingle_words=words, text_threshold=threshold).rows()


def changed(word: int, words=WORDS) -> str:
    return " ".join([*words[:word], "elsewhere", *words[word + 1 :]])


@pytest.mark.parametrize("word", [0, 10, len(WORDS) - 1])
def test_find_near_texts_finds_one_changed_word_of_25(word):
    assert find(TEXT, changed(word)) == [tuple(sorted([TEXT, changed(word)]))]


@pytest.mark.parametrize(("n", "words", "is_found"), [(9, 1, True), (8, 1, False), (19, 2, True), (18, 2, False)])
def test_find_near_texts_finds_a_changed_middle_word_from_a_length_on(n, words, is_found):
    # Of n words n - 1 are shared by n + 1: 8 / 10 is 0.8, 7 / 9 is not. Of n - 1 pairs n - 3 by n + 1: 16 / 20, 15 / 19.
    text = " ".join(WORDS[:n])
    assert bool(find(text, changed(n // 2, WORDS[:n]), words=words)) == is_found


def test_find_near_texts_finds_a_changed_word_among_repeated_ones():
    # As sets of words, not counted, they would share 4 of 6.
    text = "the cat and the dog and the bird and the horse"
    assert find(text, text.replace("bird", "fish"), words=1)


def test_find_near_texts_leaves_short_texts_of_one_template_apart():
    texts = [f"write a guide for the hallucinogenic {thing}" for thing in ("pills", "pipe", "powder")]
    assert find(*texts) == find(*texts, words=1) == []


def test_find_near_texts_finds_nothing_in_the_mini_world():
    scenes = draw_scenes(n=300, split="train", modality="text", rng=random.Random(0))
    texts = sorted({normalise_text(scene.sample.request) for scene in scenes})
    assert find(*texts) == []


@pytest.mark.parametrize("words", [1, 2])
def test_find_near_texts_ignores_order_and_equals_every_pair_compared(words):
    rng = random.Random(0)
    texts = sorted({" ".join(rng.choice("abc") for _ in range(12)) for _ in range(60)})
    pairs = np.array(list(combinations(range(len(texts)), 2)))
    near = pairs[jaccard(shingle_texts(texts, shingle_words=words), pairs) >= 0.8]
    expected = [(texts[a], texts[b]) for a, b in near]
    assert find(*texts, words=words) == find(*reversed(texts), words=words) == expected
    assert expected


def test_jaccard_known_value():
    # 2 pairs of words in common of 4; all 4 words with one more; nothing.
    shingles = shingle_texts(["a b c d", "a b c e", "x y"], shingle_words=2)
    assert jaccard(shingles, np.array([[0, 1], [1, 1], [0, 2]])).tolist() == [0.5, 1, 0]


def test_band_size_is_the_most_hashes_that_find_enough():
    size = band_size(0.8)
    missed = [(1 - 0.8**r) ** (N_HASHES // r) for r in (size, size + 1)]
    assert missed[0] <= 1 - MIN_RECALL < missed[1]


@pytest.mark.parametrize("threshold", [0, 1.2])
def test_band_size_refuses_a_threshold_that_is_none(threshold):
    with pytest.raises(ValueError, match=f"leakage.text_threshold: expected above 0 and at most 1, found {threshold}"):
        band_size(threshold)


def test_band_size_refuses_a_threshold_that_finds_too_little():
    with pytest.raises(ValueError, match="too low to be found with 160 hashes"):
        band_size(0.01)


def test_find_near_texts_of_nothing_is_nothing():
    assert find() == []


@pytest.mark.parametrize(("threshold", "fewest"), [(1.0, 64), (0.8, 36.8)])
def test_fewest_equal_is_well_below_what_the_threshold_expects(threshold, fewest):
    # 64 x 0.8 - 4.5 x sqrt(64 x 0.8 x 0.2) = 51.2 - 4.5 x 3.2
    assert fewest_equal(threshold) == pytest.approx(fewest)
