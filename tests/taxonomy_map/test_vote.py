from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.taxonomy_map.label_map import Meaning
from proguard.taxonomy_map.vote import LABEL_MAP, Decision, Rule, Vote, decide
from tests.taxonomy_map.questions import ANY, make_question
from tests.worlds import taxonomy

CHOICE = Meaning(("C1S1", "C2S1"))


def outcome(*votes, text="words", meaning=ANY, rule="majority", min_votes=1):
    question = make_question(text, meaning)
    named = [Vote(question.id, name, category) for name, category in votes]
    return decide(question, named, Rule(rule, min_votes), taxonomy())


@pytest.mark.parametrize(
    ("votes", "category"),
    [
        ([("a", "C1S1")], "C1S1"),
        ([("a", "C1S1"), ("b", "C1S1"), (LABEL_MAP, "C2S1")], "C1S1"),  # 2 against 1: the prior is outvoted
        ([("a", "C1S1"), (LABEL_MAP, "C2S1")], "C2S1"),  # 1 each: the prior decides
        ([(LABEL_MAP, "C2S1"), ("a", "C1S1")], "C2S1"),  # whoever voted first
    ],
)
def test_decide_by_majority_gives_the_category(votes, category):
    assert outcome(*votes) == Decision(category)


@pytest.mark.parametrize(
    ("votes", "reason"),
    [
        ([], "abstained"),
        ([("a", "C1S1"), ("b", "C2S1")], "tie"),  # the prior has not voted
        # 2, 2 and the prior's 1: it is not among those that lead
        ([("a", "C1S1"), ("b", "C1S1"), ("c", "C2S1"), ("d", "C2S1"), (LABEL_MAP, "C3S1")], "tie"),
        ([("a", "none"), ("b", "none"), ("c", "C1S1")], "none_fits"),
        ([("a", "none"), ("c", "C1S1")], "tie"),
    ],
)
def test_decide_by_majority_never_guesses(votes, reason):
    assert outcome(*votes) == Decision(None, reason)


@pytest.mark.parametrize(
    ("truth", "decision"),
    [
        ({"C1S1": 0.3, "C2S1": 0.7}, Decision("C2S1")),
        ({"C1S1": 0.4996, "C2S1": 0.5004}, Decision(None, "tie")),  # what another machine may order the other way
        ({"C1S1": 0.4, "none": 0.6}, Decision(None, "none_fits")),
        ({"C1S1": 1.0}, Decision("C1S1")),
    ],
)
def test_decide_by_dawid_skene_takes_the_most_probable(truth, decision):
    question = make_question()
    vote, rule = Vote(question.id, "a", "C1S1"), Rule("dawid_skene", min_votes=1)
    assert decide(question, [vote], rule, taxonomy(), truth=truth) == decision
    few = Rule("dawid_skene", min_votes=2)
    assert decide(question, [vote], few, taxonomy(), truth=truth) == Decision(None, "too_few_votes")


@pytest.mark.parametrize(
    ("votes", "decision"),
    [
        ([("a", "C1S1"), ("b", "C1S1")], Decision("C1S1")),
        ([("a", "C1S1"), ("b", "C1S1"), (LABEL_MAP, "C2S1")], Decision(None, "not_unanimous")),
        ([("a", "none")], Decision(None, "none_fits")),
    ],
)
def test_decide_unanimous_wants_one_answer(votes, decision):
    assert outcome(*votes, rule="unanimous") == decision


@pytest.mark.parametrize(
    ("votes", "meaning", "decision"),
    [
        # C3S1 has the most votes, and the label rules it out
        ([("a", "C3S1"), ("b", "C3S1"), ("c", "C2S1")], CHOICE, Decision("C2S1")),
        ([("a", "C3S1"), ("b", "none")], CHOICE, Decision(None, "outside_prior")),
        ([("a", "C1S1"), ("b", "C2S1")], CHOICE, Decision(None, "tie")),
        ([("a", "none")], Meaning(("C1S1",), may_be_none=True), Decision(None, "none_fits")),
        ([("a", "C10S2")], Meaning(("C10",)), Decision("C10S2")),  # a subcategory of a candidate
    ],
)
def test_decide_prior_filtered_chooses_among_the_candidates(votes, meaning, decision):
    assert outcome(*votes, meaning=meaning, rule="prior_filtered") == decision


@pytest.mark.parametrize(
    ("votes", "rule"),
    [([("a", "C1S1")], "majority"), ([("a", "C1S1")], "unanimous"), ([("a", "C1S1"), ("b", "C3S1")], "prior_filtered")],
)
def test_decide_of_too_few_votes_says_so(votes, rule):
    assert outcome(*votes, meaning=CHOICE, rule=rule, min_votes=2) == Decision(None, "too_few_votes")


def test_decide_of_an_image_without_votes_had_no_text():
    assert outcome(text=None) == Decision(None, "no_text")


def test_decide_of_a_label_without_home_ignores_votes():
    assert outcome(("a", "C1S1"), meaning=Meaning((), may_be_none=True)) == Decision(None, "no_home")


@given(
    st.lists(st.sampled_from(["C1S1", "C2S1", "C3S1", "none"]), max_size=4),
    st.sampled_from(["majority", "unanimous", "prior_filtered"]),
    st.integers(1, 3),
)
def test_decide_is_the_same_in_any_order_and_gives_what_got_a_vote(categories, rule, min_votes):
    votes = list(zip([LABEL_MAP, "a", "b", "c"], categories, strict=False))
    outcomes = {outcome(*order, meaning=CHOICE, rule=rule, min_votes=min_votes) for order in permutations(votes)}
    assert len(outcomes) == 1
    decision = outcomes.pop()
    assert (decision.category is None) == (decision.reason is not None)
    assert decision.category is None or decision.category in categories


@pytest.mark.parametrize(
    ("settings", "message"),
    [(("loudest", 1), "rule.name: expected one of .*, found 'loudest'"), (("majority", 0), "min_votes: expected 1 or")],
)
def test_rule_names_a_wrong_setting(settings, message):
    with pytest.raises(ValueError, match=message):
        Rule(*settings)
