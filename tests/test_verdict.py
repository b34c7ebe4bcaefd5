"""The grammar: render and parse are inverses, and every way to break it has its status."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.text import holds_a_word
from proguard.verdict import MAX_CATEGORY_CHARS, Verdict, parse, render

GOOD = "<think>\nwhy\n</think>\n<answer>\nRequest:unsafe\nResponse:safe\nCategory:C7S2\n</answer>"

REASONS = st.text(st.characters(codec="utf-8", exclude_characters="<>\r\n"), min_size=1).filter(holds_a_word)
UNPRINTED = [*map(chr, range(32)), *map(chr, range(0x7F, 0xA0)), *"\u2028\u2029\u202a\u202e\u2066\u2069"]
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp"), exclude_characters="<>"))
NAMES = WORDS.map(str.strip).filter(lambda s: s not in ("", "None") and len(s) <= MAX_CATEGORY_CHARS)
LABELS = st.sampled_from(["safe", "unsafe"])


@st.composite
def verdicts(draw):
    request, response = draw(LABELS), draw(st.none() | LABELS)
    category = draw(NAMES) if "unsafe" in (request, response) else None
    return Verdict(request, response, category, draw(REASONS))


@given(verdicts())
def test_parse_reads_back_what_render_wrote(verdict):
    parsed = parse(render(verdict), has_response=verdict.response is not None)
    assert (parsed.verdict, parsed.status) == (verdict, "ok")


@given(verdicts(), st.text(min_size=1))
def test_parse_takes_the_whole_completion_or_nothing(verdict, extra):
    text = render(verdict)
    for around in (text + extra, extra + text):
        assert parse(around, has_response=verdict.response is not None).status == "no_match"


@given(st.text())
def test_parse_never_raises(text):
    assert parse(text, has_response=True).verdict is None


def test_parse_known_value():
    assert parse(GOOD, has_response=True).verdict == Verdict("unsafe", "safe", "C7S2", "why")
    request_only = GOOD.replace("Response:safe\n", "")
    assert parse(request_only, has_response=False).verdict == Verdict("unsafe", None, "C7S2", "why")


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("<think>", "<thinking>", "no_match"),
        ("Request:", "Request: ", "no_match"),
        ("Request:unsafe", "Request:Unsafe", "no_match"),
        ("why", "<answer>why", "no_match"),
        ("why", "why</think>", "no_match"),
        ("C7S2", "C7S2 ", "no_match"),
        ("C7S2", "C7S2\nC8S1", "no_match"),
        ("C7S2", "<b>", "no_match"),
        ("C7S2", "", "no_match"),
        ("C7S2", "x" * (MAX_CATEGORY_CHARS + 1), "no_match"),
        ("Response:safe\n", "", "wrong_fields"),
        ("C7S2", "None", "contradiction"),
        ("Request:unsafe", "Request:safe", "contradiction"),
    ],
)
def test_parse_broken_completion_has_its_status(old, new, status):
    parsed = parse(GOOD.replace(old, new, 1), has_response=True)
    assert (parsed.verdict, parsed.status) == (None, status)


def test_parse_response_that_was_not_given_is_wrong_fields():
    assert parse(GOOD, has_response=False).status == "wrong_fields"


@pytest.mark.parametrize("reasoning", ["\u200b", "\u3164", "\u2800", "\0", "...", "-", "\U0001f600", "\u0301"])
def test_parse_reasoning_without_a_letter_or_digit_is_none(reasoning):
    assert parse(GOOD.replace("why", reasoning), has_response=True).status == "empty_reasoning"


@pytest.mark.parametrize(
    "reasoning", ["x", "7", "\u98a8\u96aa", "\u0440\u0438\u0441\u043a", "\u0e04\u0e27\u0e32\u0e21"]
)
def test_parse_reasoning_may_be_in_any_script(reasoning):
    assert parse(GOOD.replace("why", reasoning), has_response=True).status == "ok"


@pytest.mark.parametrize("character", UNPRINTED, ids=ascii)
def test_parse_category_with_what_does_not_print_is_no_match(character):
    for name in (f"Flood{character}", f"Flood{character}Risk", f"{character}Flood"):
        assert parse(GOOD.replace("C7S2", name), has_response=True).status == "no_match"


def test_parse_category_may_hold_a_joiner():
    name = "\u062e\u0634\u0648\u0646\u062a\u200c\u0647\u0627"
    assert parse(GOOD.replace("C7S2", name), has_response=True).verdict.category == name


@pytest.mark.parametrize("reasoning", ["why\n", "\n", "  \n", ""])
def test_parse_without_reasoning_says_so(reasoning):
    parsed = parse(GOOD.replace("why\n", reasoning), has_response=True)
    assert parsed.status == ("ok" if reasoning == "why\n" else "empty_reasoning")
    assert parsed.is_well_formed == (reasoning == "why\n")
    assert parsed.verdict.category == "C7S2"


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict("unsafe", "safe", None, "r"),
        Verdict("safe", "safe", "C7S2", "r"),
        Verdict("unsafe", "safe", "two\nlines", "r"),
        Verdict("unsafe", "safe", " spaced", "r"),
        Verdict("unsafe", "safe", "None", "r"),
        Verdict("unsafe", "safe", "C7S2", "</think>"),
        Verdict("unsafe", "safe", "C7S2", " "),
    ],
)
def test_render_what_the_grammar_cannot_state_raises(verdict):
    with pytest.raises(ValueError, match="the grammar cannot state"):
        render(verdict)
