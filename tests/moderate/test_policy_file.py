import json

import pytest

from proguard.moderate.policy_file import OwnPolicy, read_policy
from proguard.prompt import IMAGE_PLACEHOLDER, PromptFormat, render_prompt
from proguard.sample import make_sample
from proguard.taxonomy import Node, Taxonomy
from tests.worlds import taxonomy
from tools.closure import ROOT

CASES = ROOT / "tests" / "cases"

OWN = {"id": "X1", "name": "Queue Jumping", "description": "Skips a queue."}
ENTRIES = ["C7S1", OWN]
YAML = "- C7S1\n- {id: X1, name: Queue Jumping, description: Skips a queue.}\n"


def read(source):
    return read_policy(source, taxonomy(), max_categories=64)


@pytest.mark.parametrize("form", ["yaml", "json", "python"])
def test_read_policy_takes_codes_and_own_entries(form, tmp_path):
    source = ENTRIES
    if form != "python":
        source = tmp_path / f"policy.{form}"
        source.write_text(YAML if form == "yaml" else json.dumps(ENTRIES))
    policy = read(source)
    assert policy.at("category").ids == ("C7S1", "X1")
    assert policy.names["X1"] == "Queue Jumping"
    assert policy.hash == read(ENTRIES).hash


def test_policy_without_entries_shows_the_taxonomy_at_the_level_asked_for():
    policy = OwnPolicy(None, taxonomy())
    assert policy.at("category").ids == taxonomy().codes("category")
    assert policy.at("subcategory").ids == taxonomy().codes("subcategory")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["C7S1", "C99"], "entry 2.*C99"),
        ([], "expected a list"),
        ("C7S1x", "policy C7S1x: .*No such file"),
        ({"id": "X1"}, "expected a list"),
        ([["C7S1"]], "entry 1"),
        ([{"id": "X1", "name": "A"}], "entry 1"),
        (["C7S1", "C7S1"], "entry 2: id 'C7S1' is that of entry 1"),
        (["C7S1", OWN | {"id": "None"}], "entry 2: id 'None' is a word of the answer's format"),
        ([OWN | {"id": None}], "entry 1: expected a code"),
        ([OWN, OWN | {"id": "x1"}], "entry 2: id 'x1' is that of entry 1"),
        ([OWN | {"name": "\u200b\n"}], "entry 1: name is empty"),
        ([OWN | {"description": " "}], "entry 1: description is empty"),
        ([OWN | {"Name": "B"}], "entry 1: key 'Name' is not known; expected id, name, description"),
        ([OWN | {"synonyms": "B"}], "entry 1: synonyms: expected a list of texts, found 'B'"),
        ([OWN | {"examples": [1]}], "entry 1: examples: expected a list of texts"),
        ([[OWN]], "entry 1: expected a code of the taxonomy or {id, name, description}"),
        ([OWN, OWN | {"id": "x1"}], "entry 2: id 'x1' is that of entry 1"),
        ([OWN | {"id": 1}], "entry 1: expected a code of the taxonomy or"),
        ([OWN, None], "entry 2: expected a code of the taxonomy or"),
        ([{"id": f"X{i}", "name": "A", "description": "B"} for i in range(65)], "65 categories, more than .* 64"),
    ],
)
def test_read_policy_refuses_another_form_and_names_the_entry(entries, message):
    with pytest.raises(ValueError, match=message):
        read(entries)


@pytest.mark.parametrize("key", ["name", "description"])
@pytest.mark.parametrize("form", ["yaml", "json", "python"])
def test_read_policy_refuses_half_of_a_surrogate_pair(key, form, tmp_path):
    source = [OWN | {key: "half \ud83d"}]
    if form != "python":
        source = tmp_path / f"policy.{form}"
        source.write_text(json.dumps([OWN | {key: "half \ud83d"}]))
    with pytest.raises(ValueError, match=f"entry 1: {key} holds half of a surrogate pair"):
        read(source)


@pytest.mark.parametrize("content", ["- [", "[" * 1500, "\0", "3"])
def test_read_policy_of_a_broken_file_names_it(content, tmp_path):
    for name in ("policy.yaml", "policy.json"):
        (tmp_path / name).write_text(content)
        with pytest.raises(ValueError, match=name):
            read(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- {id: No, name: A, description: b}", "YAML reads No as a truth value"),
        ("- {id: X1, name: 12, description: b}", "YAML reads 12 as a number"),
        ("- ~", "YAML reads ~ as nothing"),
        ("- {id: X1, id: X2, name: A, description: b}", "key 'id' is given twice"),
        ('[{"id": "X1", "id": "X2", "name": "A", "description": "b"}]', "key 'id' is given twice"),
        ("- {id: Off, name: A, description: b}", "YAML reads Off as a truth value"),
        ("- {id: 1.10, name: A, description: b}", "YAML reads 1.10 as a number"),
        ("- {id: 2024-01-02, name: A, description: b}", "YAML reads 2024-01-02 as a date"),
        ("- {id: X1, name: A, description: }", "a value is missing"),
        ("[" * 5000, "nested too deeply"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "expected data, found a git-lfs pointer"),
        ("<!DOCTYPE html><html></html>", "expected data, found an HTML page"),
        ("404: Not Found", "expected data, found the message '404: Not Found'"),
    ],
)
def test_read_policy_of_a_file_with_words_of_yaml_or_keys_given_twice_is_refused(content, message, tmp_path):
    path = tmp_path / f"policy.{'json' if content.startswith('[') else 'yaml'}"
    path.write_text(content)
    with pytest.raises(ValueError, match=message) as error:
        read(path)
    assert str(error.value).startswith(f"policy {path}: ")
    assert str(error.value).count(path.name) == 1


def test_read_policy_of_an_id_that_means_no_category_is_refused():
    with pytest.raises(ValueError, match=r"policy_none_id.yaml: entry 2: id 'None' is a word of the answer's format"):
        read(CASES / "policy_none_id.yaml")


def test_read_policy_of_a_name_that_places_an_image_is_harmless_in_the_prompt():
    policy = read(CASES / "policy_image_name.yaml")
    sample = make_sample(source="s", modality="text", request="r", request_label=None)
    messages = render_prompt(sample, policy.at("category"), policy.taxonomy, PromptFormat("full"))
    assert "misuse" in messages[0]["content"]
    assert not any(IMAGE_PLACEHOLDER in message["content"] for message in messages)


def test_read_policy_does_not_take_a_code_of_the_taxonomy_for_an_entry_of_its_own():
    taken = Taxonomy((*taxonomy().nodes, Node("own:X1", "Another", "Says so.", ())))
    with pytest.raises(ValueError, match="code own:X1 is given to more than one node"):
        read_policy([OWN], taken, max_categories=64)
