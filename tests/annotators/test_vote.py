import pytest

from proguard.annotators.label_map import Meaning
from proguard.annotators.vote import LABEL_MAP, Decision, Question, Vote, decide

ANY = Meaning(("C1S1", "C2S1", "C3S1"))


def outcome(*votes, text="words", meaning=ANY):
    named = [Vote("x", name, category, 1.0) for name, category in votes]
    return decide(Question("x", text, meaning), named)


@pytest.mark.parametrize(
    ("votes", "category"),
    [
        ([("a", "C1S1")], "C1S1"),
        ([("a", "C1S1"), ("b", "C1S1"), (LABEL_MAP, "C2S1")], "C1S1"),  # 2 against 1: the prior is outvoted
        ([("a", "C1S1"), (LABEL_MAP, "C2S1")], "C2S1"),  # 1 each: the prior decides
        ([(LABEL_MAP, "C2S1"), ("a", "C1S1")], "C2S1"),  # whoever voted first
    ],
)
def test_decide_gives_the_category(votes, category):
    assert outcome(*votes) == Decision(category)


@pytest.mark.parametrize(
    ("votes", "reason"),
    [
        ([], "abstained"),
        ([("a", "C1S1"), ("b", "C2S1")], "tie"),  # the prior has not voted
        # 2, 2 and the prior's 1: it is not among those that lead
        ([("a", "C1S1"), ("b", "C1S1"), ("c", "C2S1"), ("d", "C2S1"), (LABEL_MAP, "C3S1")], "tie"),
    ],
)
def test_decide_never_guesses(votes, reason):
    assert outcome(*votes) == Decision(None, reason)


def test_decide_of_an_image_without_votes_had_no_text():
    assert outcome(text=None) == Decision(None, "no_text")


def test_decide_of_a_label_without_home_ignores_votes():
    assert outcome(("a", "C1S1"), meaning=Meaning((), may_be_none=True)) == Decision(None, "no_home")
