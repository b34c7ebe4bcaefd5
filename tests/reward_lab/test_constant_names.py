"""What a constant name earns: by hand, and the search against a known best."""

from dataclasses import replace

import pytest

from proguard.reward.config import STRICT
from proguard.reward.contrast import measure_names, nearness
from proguard.reward_lab import constant_names
from proguard.reward_lab.constant_names import frequent_words, right_share, search_names, weigh_names
from tests.outcomes import MINILM
from tests.rules import PAPER
from tests.worlds import taxonomy

ROWS = {"C8": 2, "C8S1": 1, "C9S2": 5, "C6S2": 2}


def test_weigh_names_sums_the_rows_of_each_category_that_credits_it(bank):
    # "Weapons" is the name of C8S1: 1 row, credit 1. C8 credits it too: 2 rows, by 0.5 and its nearness. 10 rows.
    found = weigh_names(["Weapons"], ROWS, bank, STRICT)[0]
    highest, mean = measure_names(["Weapons"], "category", bank)
    column = taxonomy().codes("category").index("C8")
    credit = 0.5 + 0.5 * nearness(highest[0, column], mean[0, column], MINILM)
    assert (found.share, found.codes) == (0.3, ("C8", "C8S1"))
    assert found.mean == pytest.approx((1 * 1 + 2 * credit) / 10)


def test_weigh_names_says_nothing_where_nothing_is_credited(bank):
    found = weigh_names(["harmful content"], ROWS, bank, STRICT)[0]
    assert (found.share, found.mean, found.codes) == (0.0, 0.0, ())


def test_weigh_names_under_paper_credits_every_name_everywhere(bank):
    found = weigh_names(["harmful content", "zqx"], ROWS, bank, PAPER)
    assert [name.share for name in found] == [1.0, 1.0]
    assert min(name.mean for name in found) >= 0.5


def test_right_share_is_of_the_most_frequent_category_of_each_level(bank):
    # C8 has 2 of 10 rows, C9S2 5.
    assert right_share(ROWS, bank.taxonomy) == 0.7
    assert right_share({"C8": 3, "C9": 1}, bank.taxonomy) == 0.75


def test_search_names_finds_the_name_of_the_category_with_the_most_rows(bank):
    found = search_names({"C9S2": 9, "C1S2": 1}, bank, STRICT, n_words=5, max_words=2)
    assert set(found[0].name.split()) & {"animal", "animals", "pets", "cruelty", "abuse"}
    means = [round(f.mean, 4) for f in found]
    assert means == sorted(means, reverse=True)
    assert max(len(f.name.split()) for f in found) == 2


def test_search_names_of_one_word_adds_none(bank):
    found = search_names({"C9S2": 1}, bank, STRICT, n_words=5, max_words=1)
    assert {len(f.name.split()) for f in found} == {1}


def test_frequent_words_are_whole_and_come_in_the_order_of_the_vocabulary(bank):
    words = frequent_words(bank, 50)
    assert len(set(words)) == 50
    assert words[:3] == ["the", "and", "was"]
    assert all(word.isalpha() and word.islower() for word in words)


def test_frequent_words_of_a_sentencepiece_vocabulary(monkeypatch, bank):
    pieces = {"<s>": 0, "▁the": 1, ",": 2, "▁The": 3, "▁risk": 4, "▁été": 5, "▁of": 6}

    class Embedder:
        tokenizer = type("Tokenizer", (), {"get_vocab": staticmethod(lambda: pieces)})

    monkeypatch.setattr(constant_names, "load_embedder", lambda *_: Embedder())
    assert frequent_words(replace(bank), 9) == ["the", "risk"]
