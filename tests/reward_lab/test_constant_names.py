"""What a constant name earns: by hand, and the search against a known best."""

from dataclasses import replace

import pytest

from proguard.reward.config import STRICT
from proguard.reward.contrast import measure_names, nearness
from proguard.reward_lab import constant_names
from proguard.reward_lab.constant_names import ConstantName, Earned, frequent_words, search_names, weigh_names
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
    assert (found.on_rows.share, found.codes) == (0.3, ("C8", "C8S1"))
    assert found.on_rows.mean == pytest.approx((1 * 1 + 2 * credit) / 10)
    # 11 categories and 28 subcategories, one row each.
    assert found.balanced.share == pytest.approx(2 / 39)
    assert found.balanced.mean == pytest.approx((1 + credit) / 39)


def test_weigh_names_balances_the_levels_of_the_rows_only(bank):
    found = weigh_names(["Weapons"], {"C8S1": 3, "C9S2": 1}, bank, STRICT)[0]
    assert (found.balanced.share, found.on_rows.share) == (pytest.approx(1 / 28), 0.75)


def test_weigh_names_says_nothing_where_nothing_is_credited(bank):
    found = weigh_names(["harmful content"], ROWS, bank, STRICT)[0]
    assert (found.on_rows, found.balanced, found.codes) == (Earned(0, 0), Earned(0, 0), ())


def test_weigh_names_under_paper_credits_every_name_everywhere(bank):
    found = weigh_names(["harmful content", "zqx"], ROWS, bank, PAPER)
    assert [(name.on_rows.share, name.balanced.share) for name in found] == [(1.0, 1.0)] * 2
    assert min(name.on_rows.mean for name in found) >= 0.5


@pytest.mark.parametrize(
    ("codes", "is_right"),
    [
        ((), True),
        (("C8S1",), True),
        (("C8", "C8S1"), True),
        (("C8", "C9S1"), False),
        (("C8S1", "C8S2"), False),
        (("C8", "C9"), False),
        (("C8", "C8S1", "C8S2"), False),
    ],
)
def test_name_is_right_when_credited_for_one_category_and_one_of_its_subcategories(codes, is_right):
    assert ConstantName("x", codes, Earned(1, 1), Earned(1, 1)).is_right(taxonomy()) == is_right


def test_search_names_adds_words_to_what_says_one_category(bank):
    found = search_names({"C9S2": 9, "C1S2": 1}, bank, STRICT, n_words=5, max_words=2)
    means = [round(f.balanced.mean, 4) for f in found]
    assert means == sorted(means, reverse=True)
    names = {f.name for f in found}
    assert {"Animal Abuse", "animal", "the"} < names
    assert 2 in {len(name.split()) for name in names if name.islower()}
    # A name of one category exactly earns the most: 1 of 28 subcategories.
    assert found[0].balanced.mean == pytest.approx(1 / 28)


def test_search_names_of_one_word_adds_none(bank):
    found = search_names({"C9S2": 1}, bank, STRICT, n_words=5, max_words=1)
    assert {len(f.name.split()) for f in found if f.name.islower()} == {1}


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
