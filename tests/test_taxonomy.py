"""Both formats of a taxonomy file, and what a malformed one is told."""

import os
from pathlib import Path

import pytest
import yaml

from proguard.taxonomy import Node, Taxonomy, load_taxonomy
from tests.worlds import taxonomy

SYNONYMS = ["one", "two", "three", "four", "five"]


def node(name="Thing", **other):
    return {"name": name, "description": "Says what it is.", "synonyms": SYNONYMS} | other


def write(content, path: Path) -> Path:
    path.write_text(yaml.safe_dump(content))
    return path


def test_load_taxonomy_of_the_project_has_11_categories_and_28_subcategories():
    assert len(taxonomy().codes("category")) == 11
    assert len(taxonomy().codes("subcategory")) == 28


def test_load_taxonomy_reads_codes_of_our_format(tmp_path):
    content = [node("Fire", code="C3", subcategories=[node("Smoke", code="C3S7")])]
    loaded = load_taxonomy(write(content, tmp_path / "t.yaml"))
    assert [(n.code, n.name, n.level) for n in loaded] == [("C3", "Fire", "category"), ("C3S7", "Smoke", "subcategory")]


def test_load_taxonomy_reads_the_published_format_codes_by_order(tmp_path):
    def published(name, **other):
        return {"category": name, "description": "Says so.", "synonymous-phrase": SYNONYMS} | other

    content = [published("Fire", subcategories=[published("Smoke"), published("Ash")])]
    loaded = load_taxonomy(write(content, tmp_path / "t.yaml"))
    assert [n.code for n in loaded] == ["C1", "C1S1", "C1S2"]
    assert loaded["C1S2"].name == "Ash"


def test_load_taxonomy_reads_the_published_file():
    mirror = os.environ.get("PROGUARD_MIRROR")
    if mirror is None:
        pytest.skip("PROGUARD_MIRROR is not set: no folder with the published taxonomy.yaml")
    published = load_taxonomy(Path(mirror) / "proguard" / "taxonomy.yaml")
    assert [n.code for n in published] == [n.code for n in taxonomy()]
    assert all(len(n.synonyms) == 5 for n in published)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "expected a list of categories, found dict"),
        ([node(subcategories=[])], r"C1 'Thing' has no subcategories"),
        ([node(subcategories=[node("Smoke", description=" ")])], r"node C1S1 \(Smoke\): description is missing"),
        ([node("", subcategories=[node()])], r"node C1 \(unnamed\): name is missing"),
        ([node(None, subcategories=[node()])], "YAML reads null as nothing"),
        (
            [node(subcategories=[node("Smoke", synonyms=["one"])])],
            r"C1S1 \(Smoke\): synonyms must be 5 or more, found 1",
        ),
        ([node(subcategories=[node("Smoke", synonyms="one")])], "synonyms must be a list of texts, found 'one'"),
        (
            [node(subcategories=[node("Smoke", subcategories=[node("Soot")])])],
            "C1S1 'Smoke' has subcategories; expected two levels",
        ),
        ([node(subcategories=[node(), node(code="C1S1")])], "code C1S1 is given to more than one node"),
        ([node(subcategories=[node(), node(code="c1s1")])], "code c1s1 is given to more than one node, to one .* C1S1"),
        ([node(code="R1", subcategories=[node(code="R1")])], "code R1 is given to more than one node"),
        ([node(subcategories=["Smoke"])], "C1S1: expected a mapping, found 'Smoke'"),
        ([node(code="None", subcategories=[node()])], r"node None \(Thing\): code 'None' is a word of the answer's"),
        ([node(code="<image>", subcategories=[node()])], "code '<image>' holds an angle bracket"),
        ([node(name="\u200b", subcategories=[node()])], r"node C1 \(.*\): name is missing"),
    ],
)
def test_load_taxonomy_names_the_malformed_node(content, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        load_taxonomy(write(content, tmp_path / "t.yaml"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("code: C1S1", "code: No", "line 5: YAML reads No as a truth value"),
        ("code: C1S1", "code: 11", "YAML reads 11 as a number"),
        ("name: Smoke", "name: Off", "YAML reads Off as a truth value"),
        ("- one", "- ~", "YAML reads ~ as nothing"),
        ("name: Smoke", "name: Smoke\n    name: Ash", "key 'name' is given twice"),
    ],
)
def test_load_taxonomy_refuses_words_of_yaml_and_keys_given_twice(old, new, message, tmp_path):
    path = write([node(code="C1", subcategories=[node("Smoke", code="C1S1")])], tmp_path / "t.yaml")
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        load_taxonomy(path)


def test_getitem_of_an_unknown_code_names_it():
    with pytest.raises(KeyError, match="no category 'C12'"):
        taxonomy()["C12"]
    assert "C12" not in taxonomy()


def test_hash_changes_with_a_synonym(tmp_path):
    first = load_taxonomy(write([node(subcategories=[node()])], tmp_path / "a.yaml"))
    second = load_taxonomy(write([node(subcategories=[node(synonyms=[*SYNONYMS, "six"])])], tmp_path / "b.yaml"))
    assert first.hash != second.hash


@pytest.mark.parametrize(
    "codes", [("R1", "R1.a"), ("S", "Sub"), ("violence", "violence/weapons"), ("1", "C1"), ("C1S1", "C2")]
)
def test_level_and_category_come_from_the_tree_for_any_code(codes, tmp_path):
    above, below = codes
    loaded = load_taxonomy(write([node(code=above, subcategories=[node(code=below)])], tmp_path / "t.yaml"))
    assert (loaded.codes("category"), loaded.codes("subcategory")) == ((above,), (below,))
    assert [loaded.category_of(code) for code in codes] == [above, above]
    assert [loaded.code_at(below, level) for level in ("category", "subcategory")] == [above, below]
    assert [loaded.code_at(above, level) for level in ("category", "subcategory")] == [above, None]


def test_category_of_an_unknown_code_names_it():
    with pytest.raises(KeyError, match="no category 'C12S1'"):
        taxonomy().category_of("C12S1")


def test_taxonomy_refuses_a_subcategory_without_its_category():
    with pytest.raises(ValueError, match="R1.a 'Smoke' belongs to R1, which is not a category"):
        Taxonomy((Node("R1.a", "Smoke", "Says so.", (), "R1"),))
