import pytest

from proguard.moderate.parts import join_verdicts, split_policy
from proguard.policy import full_policy
from proguard.verdict import Verdict
from tests.worlds import taxonomy

POLICY = full_policy(taxonomy(), "subcategory")


def verdict(request, category=None, *, response=None, reasoning="because"):
    return Verdict(request, response, category, reasoning)


def test_split_policy_parts_hold_every_category_once_in_order():
    parts = split_policy(POLICY, 10)
    assert [len(part.shown) for part in parts] == [10, 9, 9]
    assert tuple(pair for part in parts for pair in part.shown) == POLICY.shown


@pytest.mark.parametrize("max_shown", [None, 28, 40])
def test_split_policy_that_fits_stays_whole(max_shown):
    assert split_policy(POLICY, max_shown) == [POLICY]


def test_split_policy_hides_in_a_part_what_the_others_show():
    assert set(split_policy(POLICY, 14)[0].hidden) == {code for _, code in POLICY.shown[14:]}


def test_join_verdicts_takes_an_id_before_more_frequent_names():
    joined = join_verdicts(
        [verdict("unsafe", "odd name"), verdict("unsafe", "odd name"), verdict("unsafe", "C7S1")], POLICY
    )
    assert (joined.request, joined.category) == ("unsafe", "C7S1")


def test_join_verdicts_without_an_id_takes_the_most_frequent_name():
    names = ["a", "b", "b"]
    assert join_verdicts([verdict("unsafe", name) for name in names], POLICY).category == "b"


def test_join_verdicts_is_safe_when_most_parts_say_so():
    said = [verdict("safe", reasoning="fine"), verdict("unsafe", "C7S1"), verdict("safe")]
    assert join_verdicts(said, POLICY) == verdict("safe", reasoning="fine")


def test_join_verdicts_is_unsafe_when_half_of_the_parts_say_so():
    assert join_verdicts([verdict("safe"), verdict("unsafe", "C7S1")], POLICY).request == "unsafe"


def test_join_verdicts_judges_request_and_response_apart():
    said = [verdict("unsafe", "C7S1", response="safe"), verdict("unsafe", "C7S1", response="safe")]
    assert join_verdicts(said, POLICY).response == "safe"
