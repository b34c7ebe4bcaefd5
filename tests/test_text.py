"""When two texts are one, in any script, and what of a text nobody sees."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.text import fold_marks, is_unseen, normalise_text, on_one_line
from tools.closure import ROOT

PAIRS = json.loads((ROOT / "tests" / "cases" / "pairs.json").read_text(encoding="utf-8"))

DIFFER = [
    *PAIRS["must_differ"],
    ["\u05db\u05bc\u05dc\u05d1", "\u05db\u05dc\u05d1"],  # a Hebrew point
    ["\u0643\u064e\u062a\u064e\u0628", "\u0643\u064f\u062a\u0650\u0628"],  # Arabic vowel marks
    ["\u0e81\u0eb4\u0e99", "\u0e81\u0eb1\u0e99"],  # Lao vowel signs
    ["\u1780\u17b6", "\u1780\u17b7"],  # Khmer vowel signs
    ["\U0001f41d", "\U0001f41c"],
    ["\U0001f44d\U0001f3fb", "\U0001f44d\U0001f3ff"],
    ["\u20ac 5", "\u00a3 5"],
    ["...", "?!"],
    ["\u3002", "\uff1f"],
]
AGREE = [
    *PAIRS["must_agree"],
    ["\u200dbees\ufeff", "bees"],
    ["be\u2060es", "bees"],
    ["\u2764\ufe0f", "\u2764\ufe0e"],
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0631",
        "\u0645\u06cc\u062e\u0648\u0631",
    ],  # Persian, with and without a non-joiner
    ["e\u200b\u0301", "\u00e9"],
    ["\u1112\u1161\u11ab", "\ud55c"],  # Hangul in parts
    ["\uff21\uff3f\uff42", "a b"],
    ["\u03a3\u03a3", "\u03c3\u03c2"],
    ["Stra\u00dfe", "STRASSE"],
    ["\u4f60\u597d\uff0c\u4e16\u754c", "\u4f60\u597d \u4e16\u754c"],
    ["a\u0085b\u2028c", "a b c"],
    ["?\u200b!", "?!"],
]


@pytest.mark.parametrize(("a", "b"), DIFFER)
def test_normalise_text_keeps_apart_what_differs(a, b):
    assert normalise_text(a) != normalise_text(b)


@pytest.mark.parametrize(("a", "b"), AGREE)
def test_normalise_text_joins_what_looks_the_same(a, b):
    assert normalise_text(a) == normalise_text(b)


@pytest.mark.parametrize(("text", "normalised"), [("A  walk!", "a walk"), ("It's $5_a+b", "it s 5 a b"), ("  ", "")])
def test_normalise_text_known_values(text, normalised):
    assert normalise_text(text) == normalised


@given(st.text(st.characters(max_codepoint=127)))
def test_normalise_text_of_ascii_is_its_letters_and_digits(text):
    words = re.findall("[a-z0-9]+", text.lower())
    assert normalise_text(text).split() == (words or text.split())


@given(st.text(max_size=20))
def test_normalise_text_is_settled_and_holds_single_spaces(text):
    normal = normalise_text(text)
    assert normalise_text(normal) == normal == " ".join(normal.split())
    assert (normal == "") == (text.split() == [])


@pytest.mark.parametrize(
    ("text", "plain"),
    [("N\u00f6ne", "None"), ("e\u0301", "e"), ("\u0439", "\u0438"), ("\u304c \ud55c", "\u304c \ud55c"), ("", "")],
)
def test_fold_marks_takes_accents_only(text, plain):
    assert fold_marks(text) == plain


@pytest.mark.parametrize("character", ["\u00ad", "\u200b", "\u200d", "\ufe0f", "\u3164", "\U000e0041", "\ufeff"])
def test_is_unseen_of_what_shows_nothing(character):
    assert is_unseen(character)


@pytest.mark.parametrize("character", ["a", " ", "\u0301", "\u093f", "\U0001f41d", "\n"])
def test_is_unseen_leaves_what_shows_or_takes_room(character):
    assert not is_unseen(character)


@pytest.mark.parametrize(
    "text", ["a\nb", "a \r\n\t b", " a\u2028b\u2029", "a\x85b", "a\x00\x1bb", "a\u200bb", "a\u202eb", "a\ud800b"]
)
def test_on_one_line_makes_breaks_and_controls_single_spaces(text):
    assert on_one_line(text) == "a b"
