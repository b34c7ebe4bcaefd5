"""Guards that answer Yes or No to one rule at a time."""

import pytest

from proguard.guards.categories import load_meanings
from proguard.guards.spec import Scope
from proguard.guards.yes_no import YesNo, read_yes_no
from proguard.inference.engine import Completion
from tests.guards.rows import ROWS
from tests.worlds import taxonomy
from tools.closure import ROOT

TEXT = Scope(("text",), ("request", "response"))
RULES = {"hate": {"request": "no hate in prompts", "response": "no hate"}, "sexual": {"request": "none of it"}}
MEANINGS = load_meanings("shieldgemma", ROOT / "data" / "guard_maps.yaml", taxonomy())
GEMMA = YesNo("shieldgemma", TEXT, {}, RULES, MEANINGS)


def says(text, yes=None):
    return Completion(text, scores=() if yes is None else ({"Yes": yes, "No": 1 - yes, "yes": 0.0, "no": 0.0},))


def test_a_rule_and_a_side_make_an_ask():
    asks = GEMMA.asks(ROWS["both"], taxonomy())
    assert [(ask.key, ask.query.template["guideline"], len(ask.query.messages)) for ask in asks] == [
        ("request:hate", "no hate in prompts", 1),
        ("request:sexual", "none of it", 1),
        ("response:hate", "no hate", 2),
    ]


@pytest.mark.parametrize(("criterion", "after"), [("risk_name", ""), ("criteria_id", "<score>")])
def test_granite_is_asked_by_the_criterion_of_its_version(criterion, after):
    granite = YesNo("granite", TEXT, {}, {"harm": {"request": "harm"}}, criterion=criterion)
    (ask,) = granite.asks(ROWS["request"], taxonomy())
    assert ask.query.template == {"guardian_config": {criterion: "harm"}}
    assert ask.query.marks[0].after == after


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Yes", "unsafe"),
        ("No\n<confidence> High </confidence>", "safe"),
        ("<think>no</think><score> yes </score>", "unsafe"),
        ("<think>yes</think>\n<score>no", "safe"),
        ("  yes, since", "unsafe"),
        ("None", None),
        ("Maybe. Yes", None),
        ("<think>yes", None),
        ("", None),
    ],
)
def test_read_yes_no(text, label):
    assert read_yes_no(text) == label


def test_side_is_unsafe_by_any_rule_with_the_highest_score_and_its_category():
    answers = {
        "request:hate": says("No", 0.125),
        "request:sexual": says("Yes", 0.75),
        "response:hate": says("No", 0.25),
    }
    reading = GEMMA.read(ROWS["both"], answers)
    assert (reading.request.label, reading.request.score) == ("unsafe", 0.75)
    assert (reading.response.label, reading.response.score) == ("safe", 0.25)
    assert (reading.category, reading.code) == ("sexual", "C11S2")


def test_broken_rules_come_by_score():
    answers = {"request:hate": says("Yes", 0.9), "request:sexual": says("Yes", 0.6)}
    assert GEMMA.read(ROWS["request"], answers).category == "hate, sexual"


def test_side_with_an_unread_rule_is_unread_unless_another_is_broken():
    unread = GEMMA.read(ROWS["request"], {"request:hate": says("Hm", 0.1), "request:sexual": says("No")})
    assert (unread.request.status, unread.request.score) == ("unread", None)
    unsafe = GEMMA.read(ROWS["request"], {"request:hate": says("Hm"), "request:sexual": says("Yes")})
    assert unsafe.request.label == "unsafe"
