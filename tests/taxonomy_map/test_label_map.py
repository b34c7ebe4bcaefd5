import pytest

from proguard.collect.entry import find_adapter
from proguard.collect.sources.figstep import TOPICS
from proguard.collect.sources.openai_moderation import FLAGS
from proguard.taxonomy_map.label_map import Meaning, load_label_maps, meaning_of
from tests.worlds import taxonomy
from tools.closure import ROOT


def load(text, folder):
    path = folder / "label_maps.yaml"
    path.write_text(text)
    return load_label_maps(path, taxonomy())


def test_meaning_of_one_code_is_a_target(tmp_path):
    maps = load("s: {a: C7S1}", tmp_path)
    assert meaning_of("a", "s", maps, taxonomy()).target == "C7S1"


@pytest.mark.parametrize(
    ("entry", "meaning"),
    [
        ("[C7S1, C7S2]", Meaning(("C7S1", "C7S2"))),
        ("[none, C7S1]", Meaning(("C7S1",), may_be_none=True)),
        ("none", Meaning((), may_be_none=True)),
    ],
)
def test_meaning_of_a_choice_has_no_target(entry, meaning, tmp_path):
    found = meaning_of("a", "s", load(f"s: {{a: {entry}}}", tmp_path), taxonomy())
    assert found == meaning
    assert found.target is None


def test_meaning_of_no_label_is_anything():
    assert meaning_of(None, "s", {}, taxonomy()) == Meaning(taxonomy().codes("subcategory"), may_be_none=True)


def test_meaning_of_a_source_named_after_another_is_the_same(tmp_path):
    maps = load("s: {a: C7S1}\nt: s", tmp_path)
    assert maps["t"] == maps["s"]


def test_meaning_of_codes_is_the_code_itself(tmp_path):
    maps = load("s: codes", tmp_path)
    assert [meaning_of(code, "s", maps, taxonomy()).target for code in ("C10", "C10S2")] == ["C10", "C10S2"]


def test_meaning_of_an_unknown_label_names_source_and_label(tmp_path):
    with pytest.raises(ValueError, match=r"source 's' has no entry for label 'b'; it has \['a'\]"):
        meaning_of("b", "s", load("s: {a: C7S1}", tmp_path), taxonomy())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a]", "expected a map per source, found list"),
        ("s: other", "s: expected a map of labels, 'codes' or another source, found 'other'"),
        ("s: {a: C99}", "s: a: 'C99' is neither a code of the taxonomy nor 'none'"),
        ("s: {a: [C7, C7]}", "s: a: expected different codes"),
        ("s: {a: []}", "s: a: expected different codes"),
        ("s: {a: [[C7]]}", r"s: a: \['C7'\] is neither a code of the taxonomy nor 'none'"),
        ("s: {a: {C7: C8}}", "s: a: {'C7': 'C8'} is neither a code of the taxonomy nor 'none'"),
        ("s: {a: None}", "s: a: 'None' is neither a code of the taxonomy nor 'none'"),
        ("s: {1.10: C7}", "line 1: YAML reads 1.10 as a number"),
        ("s: {a: On}", "line 1: YAML reads On as a truth value"),
        ("s: {a: C7}\ns: {b: C7}", "line 2: key 's' is given twice"),
    ],
)
def test_load_label_maps_names_the_bad_entry(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        load(text, tmp_path)


def test_load_label_maps_names_both_a_word_of_yaml_and_a_label_given_twice():
    with pytest.raises(
        ValueError, match="line 2: YAML reads No as .*; line 4: key 'theft' is given twice, first in line 3"
    ):
        load_label_maps(ROOT / "tests" / "cases" / "label_map_words.yaml", taxonomy())


@pytest.mark.parametrize("label", ["No", "12", "~", "2024-01-02", "Yes"])
def test_load_label_maps_takes_a_quoted_word_as_a_label(label, tmp_path):
    assert load(f'mine: {{"{label}": C7S1}}', tmp_path)["mine"] == {label: Meaning(("C7S1",))}


def test_label_maps_of_the_project_know_every_label_of_its_sources():
    maps = load_label_maps(ROOT / "data" / "label_maps.yaml", taxonomy())
    assert set(maps["openai_moderation"]) == set(FLAGS)
    assert set(maps["med_safety_bench"]) == set("123456789")
    assert set(maps["figstep"]) == set(TOPICS)
    assert maps["mini_world"]["C9S3"].target == "C9S3"


ENTRIES = sorted(path.stem for role in ("source", "benchmark") for path in (ROOT / "conf" / role).glob("*.yaml"))
ADAPTERS = sorted(path.stem for path in (ROOT / "proguard" / "collect" / "sources").glob("[!_]*.py"))


@pytest.mark.parametrize("name", sorted(set(ENTRIES) & set(ADAPTERS)))
def test_label_maps_of_the_project_know_every_label_that_an_adapter_declares(name):
    labels = getattr(find_adapter(name, key=name), "SOURCE_LABELS", None) or ()
    maps = load_label_maps(ROOT / "data" / "label_maps.yaml", taxonomy())
    assert [label for label in labels if label not in maps.get(name, {})] == []
