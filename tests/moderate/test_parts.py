import pytest

from proguard.moderate.parts import Joined, join_parts, split_policy
from proguard.policy import full_policy
from proguard.verdict import Parsed, Verdict
from tests.worlds import taxonomy

POLICY = full_policy(taxonomy(), "subcategory")
PARTS = split_policy(POLICY, 10)
OWN = [part.ids[0] for part in PARTS]
MALFORMED = Parsed(None, "no_match")
SAFE = Verdict("safe", None, None, "fine")


def unsafe(category, *, request="unsafe", response=None, reasoning="because"):
    return Verdict(request, response, category, reasoning)


def join(*answers):
    return join_parts([a if isinstance(a, Parsed) else Parsed(a, "ok") for a in answers], PARTS)


def test_split_policy_parts_hold_every_category_once_in_order():
    assert [len(part.shown) for part in PARTS] == [10, 9, 9]
    assert tuple(pair for part in PARTS for pair in part.shown) == POLICY.shown


@pytest.mark.parametrize("max_shown", [None, 28, 40])
def test_split_policy_that_fits_stays_whole(max_shown):
    assert split_policy(POLICY, max_shown) == [POLICY]


def test_split_policy_hides_in_a_part_what_the_others_show():
    assert set(split_policy(POLICY, 14)[0].hidden) == {code for _, code in POLICY.shown[14:]}


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("others", [SAFE, unsafe("odd name"), unsafe("C99"), MALFORMED])
def test_join_parts_lets_no_other_part_outvote_a_category_of_its_own(place, others):
    answers = [others] * 3
    answers[place] = unsafe(OWN[place])
    joined = join(*answers)
    assert (joined.verdict.request, joined.verdict.category) == ("unsafe", OWN[place])
    assert joined.is_complete is (others is not MALFORMED)


def test_join_parts_takes_the_first_of_several_found():
    assert join(SAFE, unsafe(OWN[1]), unsafe(OWN[2])).verdict.category == OWN[1]


@pytest.mark.parametrize("foreign", [(OWN[1], OWN[2], OWN[0]), (OWN[1], OWN[0], OWN[0])])
def test_join_parts_takes_no_id_that_another_part_shows(foreign):
    joined = join(*map(unsafe, foreign))
    assert (joined.verdict.request, joined.verdict.category) == ("unsafe", None)


def test_join_parts_prefers_a_name_to_a_foreign_id():
    assert join(unsafe(OWN[1]), unsafe(OWN[2]), unsafe("odd name")).verdict.category == "odd name"


def test_join_parts_without_an_id_takes_the_most_frequent_name():
    assert join(unsafe("a"), unsafe("b"), unsafe("b")).verdict.category == "b"


def test_join_parts_is_safe_when_most_parts_say_so():
    assert join(SAFE, unsafe("a"), SAFE) == Joined(SAFE, True)


def test_join_parts_is_unsafe_when_half_of_the_parts_say_so():
    joined = join_parts([Parsed(SAFE, "ok"), Parsed(unsafe("a"), "ok")], PARTS[:2])
    assert joined.verdict.request == "unsafe"


def test_join_parts_judges_request_and_response_apart():
    said = [unsafe("a", response="safe"), unsafe("a", response="safe"), unsafe("a", response="unsafe")]
    assert join(*said).verdict.response == "safe"


@pytest.mark.parametrize("status", ["no_match", "empty_reasoning", "wrong_fields", "contradiction"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_join_parts_never_says_safe_without_every_part(status, place):
    answers = [SAFE] * 3
    answers[place] = Parsed(SAFE if status == "empty_reasoning" else None, status)
    assert join(*answers) == Joined(None, False)


def test_join_parts_without_any_verdict_says_nothing():
    assert join(MALFORMED, MALFORMED, MALFORMED) == Joined(None, False)
