import dataclasses

import pytest

from proguard.moderate.outcome import Outcome


def test_outcome_is_unsafe_by_default():
    assert Outcome().flagged


@pytest.mark.parametrize("status", ["malformed", "incomplete", "too_long", "surprise", None, ""])
def test_outcome_without_a_complete_verdict_is_flagged_whatever_the_labels(status):
    assert Outcome(status=status, request="safe", response="safe").flagged


@pytest.mark.parametrize(
    ("request_", "response", "flagged"),
    [
        ("safe", None, False),
        ("safe", "safe", False),
        (None, "safe", False),
        ("unsafe", None, True),
        ("safe", "unsafe", True),
        ("unsafe", "safe", True),
        (None, None, True),
        ("Safe", None, True),
        ("safe", "", True),
    ],
)
def test_outcome_with_a_verdict_is_flagged_unless_all_is_safe(request_, response, flagged):
    assert Outcome(status="ok", request=request_, response=response).flagged is flagged


def test_outcome_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Outcome().status = "ok"


def test_to_dict_holds_flagged_and_plain_values():
    content = Outcome(status="ok", request="safe", covered=("request",)).to_dict()
    assert (content["flagged"], content["covered"], content["response"]) == (False, ["request"], None)
