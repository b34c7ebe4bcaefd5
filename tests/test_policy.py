"""Drawing a policy, and the gold category under it."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.ood_split.deck import check_n_shown
from proguard.policy import OOD, Policy, full_policy, most_shown
from tests.policies import draw_policy
from tests.worlds import taxonomy

SUBCATEGORIES = taxonomy().codes("subcategory")


def draw(
    *, category="C7S2", role="shown", level="subcategory", never_shown=(), shuffle_ids=True, seed=0, n=(6, 10), **hide
):
    return draw_policy(
        taxonomy(),
        level=level,
        category=category,
        role=role,
        n_shown=n,
        never_shown=never_shown,
        shuffle_ids=shuffle_ids,
        rng=random.Random(seed),
        **hide,
    )


@given(
    category=st.sampled_from(SUBCATEGORIES),
    role=st.sampled_from(["shown", "hidden"]),
    level=st.sampled_from(["category", "subcategory"]),
    shuffle_ids=st.booleans(),
    seed=st.integers(0, 99),
)
def test_gold_and_code_agree_both_ways(category, role, level, shuffle_ids, seed):
    policy = draw(category=category, role=role, level=level, shuffle_ids=shuffle_ids, seed=seed, n=(4, 7))
    code = taxonomy().code_at(category, level)
    gold = policy.gold(code)
    if role == "hidden":
        assert gold == OOD
    else:
        assert policy.code_of(gold) == code
    assert all(policy.id_of(code) == id_ and policy.code_of(id_) == code for id_, code in policy.shown)


@given(seed=st.integers(0, 99), novel=st.sets(st.sampled_from(["C1", "C5", "C8"]), max_size=3))
def test_draw_policy_never_shows_what_is_barred(seed, novel):
    policy = draw(category=None, role="free", never_shown=novel, seed=seed)
    codes = [*policy.hidden, *(code for _, code in policy.shown)]
    assert not {taxonomy().category_of(code) for code in codes} & novel
    assert 6 <= len(policy.shown) <= 10


@given(seed=st.integers(0, 99))
def test_draw_policy_shuffled_shows_the_same_codes(seed):
    plain, shuffled = (draw(shuffle_ids=s, seed=seed) for s in (False, True))
    assert {code for _, code in plain.shown} == {code for _, code in shuffled.shown}
    assert all(id_ == code for id_, code in plain.shown)


@given(seed=st.integers(0, 99), category=st.sampled_from(SUBCATEGORIES))
def test_draw_policy_that_hides_a_category_shows_none_of_its_subcategories(seed, category):
    policy = draw(category=category, role="hidden", hide="category", seed=seed, n=(28, 28))
    shown = {taxonomy().category_of(code) for _, code in policy.shown}
    assert shown == {taxonomy().category_of(code) for code in SUBCATEGORIES} - {taxonomy().category_of(category)}
    assert policy.gold(category) == OOD


def test_draw_policy_that_hides_a_subcategory_shows_its_siblings():
    shown = {code for _, code in draw(role="hidden", hide="subcategory", n=(28, 28)).shown}
    assert shown == set(SUBCATEGORIES) - {"C7S2"}


def test_draw_policy_follows_the_weights_of_numbers():
    # 4 in a quarter of 400, 9 in the rest; 100 and 300 expected, with a deviation of 8.7.
    sizes = [len(draw(n=[[4, 1], [9, 3]], seed=seed).shown) for seed in range(400)]
    assert set(sizes) == {4, 9}
    assert 70 < sizes.count(4) < 130


@pytest.mark.parametrize("n_shown", [[3], [0, 4], [5, 4], [[4, 1], [8]], [[4, 0]], [[0, 1]], [4, [8, 1]], [[4.5, 1]]])
def test_check_n_shown_refuses_what_is_neither_form(n_shown):
    with pytest.raises(ValueError, match=r"ood_split.n_shown.category: expected \[fewest, most\], .* found \["):
        check_n_shown(n_shown, level="category")


@pytest.mark.parametrize("n_shown", [[4, 7], [4, 4], [[4, 1], [8, 0.5]]])
def test_check_n_shown_takes_both_forms(n_shown):
    check_n_shown(n_shown, level="category")


def test_draw_policy_of_one_seed_is_one_policy():
    assert draw(seed=3) == draw(seed=3) != draw(seed=4)


def test_draw_policy_refuses_to_show_a_barred_category():
    with pytest.raises(ValueError, match="'C5S1' cannot be shown"):
        draw(category="C5S1", never_shown=["C5"])


def test_draw_policy_without_anything_left_says_so():
    with pytest.raises(ValueError, match="no category is left"):
        draw(category=None, role="free", never_shown=taxonomy().codes("category"))


def test_gold_of_no_category_is_none():
    assert full_policy(taxonomy(), "category").gold(None) is None


def test_full_policy_shows_every_code_as_itself():
    policy = full_policy(taxonomy(), "subcategory")
    assert policy.ids == SUBCATEGORIES
    assert policy.gold("C7S2") == "C7S2"


@pytest.mark.parametrize(
    ("shown", "message"),
    [
        ((("C1", "C1"), ("C1", "C2")), "entry 2: id 'C1' is that of entry 1"),
        ((("C1", "C1"), ("c1", "C2")), "entry 2: id 'c1' is that of entry 1"),
        ((("C1", "C1"), ("C2", "C1")), "code is shown twice"),
        ((("C1", "C1"), ("None", "C2")), "entry 2: id 'None' is a word of the answer's format"),
        ((("", "C1"),), "entry 1: id '' is empty"),
    ],
)
def test_policy_refuses_ids_that_say_nothing_or_not_one_thing(shown, message):
    with pytest.raises(ValueError, match=f"policy: .*{message}"):
        Policy("category", shown)
    with pytest.raises(ValueError, match=message):
        Policy.from_json(json.dumps({"level": "category", "shown": shown, "hidden": []}))


def test_policy_refuses_a_code_both_shown_and_hidden():
    with pytest.raises(ValueError, match=r"\['C1'\] are shown and hidden"):
        Policy("category", (("C2", "C1"),), hidden=("C1",))


@given(seed=st.integers(0, 99))
def test_json_round_trips(seed):
    policy = draw(role="hidden", seed=seed)
    assert Policy.from_json(policy.to_json()) == policy


@pytest.mark.parametrize(("n_shown", "most"), [([6, 10], 10), ([[8, 3], [4, 1]], 8)])
def test_most_shown_of_either_form(n_shown, most):
    assert most_shown(n_shown) == most
