from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.ood_split.deck import make_deck
from proguard.ood_split.keyed_policies import _numbers, draw_policies, row_keys
from proguard.policy import Policy
from tests.worlds import taxonomy

IDS = [f"{i:04d}" for i in range(400)]


def draw(ids=IDS, *, category="C7S2", role="shown", n_shown=(6, 10), shuffle_ids=True, seed=0):
    deck = make_deck(taxonomy(), level="subcategory", category=category, role=role, never_shown=["C5"])
    return draw_policies(deck, row_keys(ids, seed=seed), n_shown=n_shown, shuffle_ids=shuffle_ids)


def test_numbers_are_splitmix64():
    # The first output of splitmix64 with seed 0, as published.
    assert _numbers(np.zeros(1, dtype=np.uint64), first=0, n=1)[0, 0] == 0xE220A8397B1DCDAF


@pytest.mark.parametrize("shuffle_ids", [False, True])
def test_draw_policies_writes_what_a_policy_writes(shuffle_ids):
    assert all(Policy.from_json(text).to_json() == text for text in draw(shuffle_ids=shuffle_ids))


@given(st.permutations(IDS[:20]))
def test_draw_policies_of_a_row_does_not_hang_on_other_rows(ids):
    assert dict(zip(ids, draw(ids), strict=True)) == dict(zip(IDS[:20], draw(IDS[:20]), strict=True))


def test_draw_policies_of_another_seed_differ():
    assert draw(seed=0) != draw(seed=1)


def test_draw_policies_shows_gold_at_every_place():
    # 400 rows; a policy of 10 has it at each place 40 times, with a deviation of 6.
    places = Counter([c for _, c in Policy.from_json(text).shown].index("C7S2") for text in draw(n_shown=(10, 10)))
    assert set(places) == set(range(10))
    assert all(15 < n < 65 for n in places.values())


def test_draw_policies_shows_as_many_as_the_deck_has():
    assert {len(Policy.from_json(text).shown) for text in draw(n_shown=(28, 28))} == {26}
    assert {len(Policy.from_json(text).shown) for text in draw(n_shown=(28, 28), role="hidden")} == {25}


def test_draw_policies_follows_the_weights_of_numbers():
    # 4 in a quarter of 400 rows, 9 in the rest; the deviation is 8.7.
    sizes = Counter(len(Policy.from_json(text).shown) for text in draw(n_shown=[[4, 1], [9, 3]]))
    assert set(sizes) == {4, 9} and 70 < sizes[4] < 130


def test_draw_policies_shuffled_shows_the_same_codes():
    for plain, shuffled in zip(draw(shuffle_ids=False), draw(), strict=True):
        assert {c for _, c in Policy.from_json(plain).shown} == {c for _, c in Policy.from_json(shuffled).shown}


def test_draw_policies_of_no_rows_is_none():
    assert draw([]) == []
