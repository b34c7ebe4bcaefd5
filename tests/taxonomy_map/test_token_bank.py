import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from proguard.taxonomy_map.classifier import Classifier, fit_classifier, load_phrases, vote_by_classifier
from proguard.taxonomy_map.label_map import Meaning
from proguard.taxonomy_map.token_bank import SMOOTHING, TokenBank, _weigh_tokens
from tests.taxonomy_map.banks import CONFIG
from tests.taxonomy_map.questions import make_question
from tests.worlds import taxonomy
from tools.closure import ROOT

BANK = TokenBank(taxonomy(), CONFIG)
PHRASES = ROOT / "data" / "annotator_phrases.yaml"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """Return the classifier without a shortest lead: it votes on every text that has a vector."""
    fitted = fit_classifier(load_phrases(PHRASES, taxonomy()), bank=BANK, precision=0.85)
    return replace(fitted, min_lead=0.0)


def vote(text: str, classifier: Classifier) -> list[str]:
    question = make_question(text, Meaning(("C7S1",)))
    return [v.category for v in vote_by_classifier([question], classifier=classifier, bank=BANK, name="tokens")]


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


UNREAD = {
    "thai": "วันนี้อากาศดีมากเราไปเดินเล่นกัน",
    "arabic": "الطقس جميل اليوم في المدينة",
    "chinese": "今天天气很好我们去散步",
    "japanese": "今日は天気がいいので散歩に行きます",
    "katakana": "コンピュータノセツメイショ",
    "korean": "오늘은 날씨가 좋아서 산책을 갑니다",
    "cyrillic": "Сегодня хорошая погода",
    "hebrew": "מזג האוויר יפה היום",
    "greek": "σήμερα ο καιρός είναι καλός",
    "hindi": "आज मौसम बहुत अच्छा है",
    "emoji": "🌞🌳 😀",
    "emoji and marks": "🌞🌞 !!!",
    "marks": "?! … “”",
    "mostly arabic": "please: الطقس جميل اليوم في المدينة",
}


@pytest.mark.parametrize("text", UNREAD.values(), ids=UNREAD)
def test_embed_text_of_unknown_tokens_is_zero_and_gets_no_vote(text, classifier):
    assert (BANK.embed([text]) == 0).all()
    assert vote(text, classifier) == []


@pytest.mark.parametrize(
    "text",
    [
        "look down on people of another religion",
        "look down on people of another religion 🌞😀",
        "“look” down on ‘people’ – of another “religion”… 天气",
        "l00k d0wn on pe0ple",
        "Mépriser les gens d’une autre religion",
    ],
)
def test_embed_text_of_known_tokens_is_read_with_a_few_unknown_ones_or_accents(text):
    assert np.linalg.norm(BANK.embed([text])) == pytest.approx(1)


def test_vote_by_classifier_votes_on_a_text_with_a_few_unknown_tokens(classifier):
    assert vote("look down on people of another religion 🌞😀", classifier) == ["C7S1"]


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
