import subprocess
import sys

import numpy as np
import pytest

from proguard.taxonomy_map.token_bank import SMOOTHING, TokenBank, _weigh_tokens
from tests.taxonomy_map.banks import CONFIG
from tests.worlds import taxonomy

BANK = TokenBank(taxonomy(), CONFIG)


def test_embed_gives_unit_vectors_that_heed_neither_order_nor_case_nor_batch():
    texts = ["A cup of cold tea!", "tea", "! cold TEA of a cup", "how to pick a lock " * 400]
    vectors = BANK.embed(texts)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4))
    assert vectors[0] == pytest.approx(vectors[2], abs=1e-6)
    assert np.array_equal(vectors, np.concatenate([BANK.embed([text]) for text in texts]))


def test_embed_is_near_for_texts_that_share_rare_words_only():
    cold, hot, lock = BANK.embed(["the recipe for the tea", "a tea of my recipe", "the way to the lock"])
    assert cold @ hot > 0.8 > 0.5 > cold @ lock


@pytest.mark.parametrize("text", ["", " \n", "\u200b"])
def test_embed_text_without_a_token_is_zero(text):
    vectors = BANK.embed([text, "cup"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([0, 1])


def test_weigh_tokens_rises_with_the_rank():
    weights = _weigh_tokens(30_522)
    assert (np.diff(weights) >= 0).all()
    assert SMOOTHING < weights[0] < 0.01
    assert 0.9 < weights[-1] < 1


def test_embed_does_not_load_torch():
    code = """
import sys
from proguard.taxonomy_map.annotate import collect_votes
from proguard.taxonomy_map.token_bank import TokenBank
from tests.taxonomy_map.test_token_bank import BANK
BANK.embed(["tea"])
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
