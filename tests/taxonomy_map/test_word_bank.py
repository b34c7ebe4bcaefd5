import numpy as np
import pytest

from proguard.taxonomy_map.word_bank import WordBank
from tests.taxonomy_map.banks import CONFIG
from tests.worlds import taxonomy

AXES = {"cold": [3, 0, 0], "tea": [0, 1, 0], "cup": [0, 0, 1], "a": [0, 0, 2]}


def make_word_bank(asked: list[str]) -> WordBank:
    def encode(words):
        asked.extend(words)
        return np.array([AXES[word] for word in words], dtype=float)

    return WordBank(taxonomy(), CONFIG, encode)


def test_embed_is_the_mean_of_the_words_of_length_one():
    vectors = make_word_bank([]).embed(["Cold tea!", "tea tea cold"])
    assert vectors == pytest.approx(np.array([[3, 1, 0] / np.sqrt(10), [3, 2, 0] / np.sqrt(13)]))


@pytest.mark.parametrize("text", ["", " \n"])
def test_embed_text_without_a_word_is_zero(text):
    assert make_word_bank([]).embed([text, "cup"]).tolist() == [[0, 0, 0], [0, 0, 1]]


def test_embed_reads_each_word_once_and_gives_the_same_bytes_in_any_batch():
    asked: list[str] = []
    bank = make_word_bank(asked)
    together = bank.embed(["cold tea", "a cup", "tea"])
    alone = [make_word_bank([]).embed([text])[0] for text in ("cold tea", "a cup", "tea")]
    assert sorted(asked) == sorted(AXES)
    assert np.array_equal(together, np.stack(alone))
    bank.embed(["tea cup"])
    assert len(asked) == len(AXES)
