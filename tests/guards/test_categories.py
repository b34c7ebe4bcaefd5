"""Labels of guards in our taxonomy."""

import pytest

from proguard.guards.categories import find_categories, labels_of, load_meanings
from tests.worlds import taxonomy

MEANINGS = {"S1 Violent Crimes": ["C9S3", "C7S2"], "S5 Defamation": ["none", "C2S1"], "Non-Violent & Other": ["C6S1"]}


@pytest.mark.parametrize(
    "label", ["S1", "s1", "Violent Crimes", "violent crimes.", "S1 Violent Crimes", "S1: Violent Crimes"]
)
def test_label_is_known_by_code_name_or_both(label):
    found = find_categories([label], MEANINGS)
    assert (found.code, found.codes, found.unknown) == ("C9S3", ("C9S3", "C7S2"), ())


def test_first_label_gives_the_one_answer_and_all_give_the_codes():
    found = find_categories(["S5", "S1", "S5"], MEANINGS)
    assert (found.category, found.code, found.codes) == ("S5, S1", None, ("C2S1", "C9S3", "C7S2"))


def test_name_within_another_is_not_that_name():
    assert find_categories(["non-violent and other"], MEANINGS).code == "C6S1"
    assert find_categories(["Violent"], MEANINGS).unknown == ("Violent",)


def test_no_label_and_unknown_labels_have_no_code():
    assert find_categories([], MEANINGS).category is None
    found = find_categories(["S99", " "], MEANINGS)
    assert (found.category, found.code, found.codes, found.unknown) == ("S99", None, (), ("S99",))


def test_labels_of_gives_codes_and_names():
    assert labels_of(MEANINGS) == {
        "S1": "Violent Crimes",
        "S5": "Defamation",
        "Non-Violent & Other": "Non-Violent & Other",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {S1: C99}", "a: S1: 'C99' is neither a code"),
        ("b: {S1: C7}", "no map 'a'; it has b"),
        ("", "expected a map of labels per guard map"),
        ("- a", "expected a map of labels per guard map"),
        ("a: C1", "expected a map of labels per guard map"),
        ("a: [C1]", "expected a map of labels per guard map"),
        ("a: {S1: []}", r"a: S1: expected different codes, found \[\]"),
        ("a: {S1: [C7, C7]}", "a: S1: expected different codes"),
        ("a: {S1: [[C7]]}", r"a: S1: \['C7'\] is neither a code"),
        ("a: {S1: {C7: C8}}", "a: S1: {'C7': 'C8'} is neither a code"),
        ("a: {S1: No}", "line 1: YAML reads No as a truth value"),
        ("a: {S1: C7, S1: C8}", "line 1: key 'S1' is given twice"),
        ("a: {S1 Theft: C7, S1 Fraud: C8}", "labels 'S1 Theft' and 'S1 Fraud' are one to a reader of answers"),
        ("a: {'Hate and Abuse': C7, 'hate, abuse': C8}", "labels 'Hate and Abuse' and 'hate, abuse' are one"),
    ],
)
def test_load_meanings_names_what_is_wrong(tmp_path, text, message):
    (tmp_path / "maps.yaml").write_text(text)
    with pytest.raises(ValueError, match=message):
        load_meanings("a", tmp_path / "maps.yaml", taxonomy())


def test_load_meanings_takes_two_spellings_of_one_meaning(tmp_path):
    (tmp_path / "maps.yaml").write_text("a: {S1 Theft: [C7, none], S1: [C7, none], Fraud: C8}")
    meanings = load_meanings("a", tmp_path / "maps.yaml", taxonomy())
    assert find_categories(["s1"], meanings).code == "C7"
    assert find_categories(["fraud"], meanings).code == "C8"
