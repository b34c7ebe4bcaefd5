"""Which ids can be given, and what in an answer is one, with codes of any spelling."""

import pytest

from proguard.ids import MAX_ID_CHARS, check_ids, fold_id, holds_id, id_fault, looks_like_id
from tests.worlds import other_taxonomy, taxonomy

OURS = frozenset(node.code for node in taxonomy())
OTHERS = frozenset(node.code for node in other_taxonomy())
WORDS = frozenset({"violence", "violence/weapons", "self-harm", "health_fraud", "1.2", "7"})


@pytest.mark.parametrize(
    ("id_", "fault"),
    [
        (None, "is not a text"),
        (7, "is not a text"),
        ("", "is empty"),
        (" ", "is empty"),
        ("\u3000", "is empty"),
        (" X1", "has blanks at an end"),
        ("X1\n", "has blanks at an end"),
        ("X" * (MAX_ID_CHARS + 1), "has 41 characters, expected 40 or fewer"),
        ("X\n1", "holds a line break or a character that does not print"),
        ("X\u20281", "does not print"),
        ("X\x851", "does not print"),
        ("X\x001", "does not print"),
        ("X\u200b1", "does not print"),
        ("X\ufe0f", "does not print"),
        ("X\u202e1", "does not print"),
        ("X\ud8001", "does not print"),
        ("X\xa01", "does not print"),
        ("<image>", "holds an angle bracket"),
        ("</policy>", "holds an angle bracket"),
        ("<|im_end|>", "holds an angle bracket"),
        ("a > b", "holds an angle bracket"),
        ("\uff1cimage\uff1e", "holds an angle bracket"),
        ("None", "is a word of the answer's format"),
        ("NONE", "is a word of the answer's format"),
        ("\uff2eone", "is a word of the answer's format"),
        ("safe", "is a word of the answer's format"),
        ("Unsafe", "is a word of the answer's format"),
        ("OOD", "is a word of the answer's format"),
    ],
)
def test_id_fault_says_what_is_wrong(id_, fault):
    assert fault in id_fault(id_)


@pytest.mark.parametrize(
    "id_", ["C7S2", "R1.a", "violence/weapons", "1", "health & body", "\u66b4\u529b", "X" * MAX_ID_CHARS]
)
def test_id_fault_of_an_id_that_can_be_given_is_none(id_):
    assert id_fault(id_) is None


@pytest.mark.parametrize("pair", [("C1", "C1"), ("R1", "r1"), ("X1", "\uff38\uff11"), ("stra\u00dfe", "STRASSE")])
def test_check_ids_names_both_entries_of_ids_that_are_one_to_a_reader(pair):
    assert fold_id(pair[0]) == fold_id(pair[1])
    with pytest.raises(ValueError, match=r"policy p: entry 3: id '.*' is that of entry 1; choose another"):
        check_ids([pair[0], "Y", pair[1]], where="policy p")


def test_check_ids_names_position_id_and_fault():
    with pytest.raises(ValueError, match="policy p: entry 2: id 'None' is a word of the answer's format"):
        check_ids(["X1", "None"], where="policy p")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("C7", OURS),
        ("C7S2", OURS),
        ("C99S99", OURS),
        ("C99S99", OTHERS),
        ("R0", OTHERS),
        ("R12.aa", OTHERS),
        ("violence", WORDS),
    ],
)
def test_looks_like_id_of_an_id_or_one_with_other_numbers(text, ids):
    assert looks_like_id(text, ids)


@pytest.mark.parametrize(
    ("text", "ids"),
    [(text, OURS) for text in ("c7", "C7S", "C7 S2", "S2", "CrimeC9S3", "None", "", "R12.aa")] + [("Violence", WORDS)],
)
def test_looks_like_id_of_anything_else(text, ids):
    assert not looks_like_id(text, ids)


@pytest.mark.parametrize(
    "name",
    ["C7S2", "CrimeC9S3", "c7s2", "a c12 b", "C 7 S 2", "c-7", "\uff23\uff17\uff33\uff12", "\u04217", "x \u0441 7"],
)
@pytest.mark.parametrize("ids", [OURS, OTHERS, WORDS, frozenset()])
def test_holds_id_finds_one_of_the_published_shape_in_any_spelling(name, ids):
    assert holds_id(name, ids)


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("Floods R4.aa", OTHERS),
        ("FloodsR4", OTHERS),
        ("r 4", OTHERS),
        ("Risk/12", OTHERS),
        ("sub s2", OTHERS),
        ("see 5b", OTHERS),
        ("Violence", WORDS),
        ("violence / weapons", WORDS),
        ("Violence/Weapons and more", WORDS),
        ("Self-Harm", WORDS),
        ("a health_fraud", WORDS),
        ("as in 1.2", WORDS),
    ],
)
def test_holds_id_finds_one_of_any_codes(name, ids):
    assert holds_id(name, ids)


@pytest.mark.parametrize("name", ["Magic 8 Ball", "COVID 19 Rumors", "Traffic Crime", "Area 51"])
@pytest.mark.parametrize("ids", [OURS, OTHERS])
def test_holds_id_leaves_numbers_alone(name, ids):
    assert not holds_id(name, ids)


@pytest.mark.parametrize("name", ["Violence Against Animals", "Weapons", "Self-Harm Tips", "Health Fraud", "Area 7"])
def test_holds_id_leaves_words_of_ids_alone(name):
    assert not holds_id(name, WORDS)
