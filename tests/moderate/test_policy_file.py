import json

import pytest

from proguard.moderate.policy_file import read_policy
from tests.worlds import taxonomy

ENTRIES = ["C7S1", {"id": "X1", "name": "Queue Jumping", "description": "Skips a queue."}]
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


def test_read_policy_of_none_shows_the_taxonomy_at_the_level_asked_for():
    policy = read(None)
    assert policy.at("category").ids == taxonomy().codes("category")
    assert policy.at("subcategory").ids == taxonomy().codes("subcategory")


def test_read_policy_of_a_checked_policy_returns_it():
    policy = read(ENTRIES)
    assert read(policy) is policy


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["C7S1", "C99"], "entry 2.*C99"),
        ([], "expected a list"),
        ("C7S1x", "policy C7S1x: .*No such file"),
        ({"id": "X1"}, "expected a list"),
        ([["C7S1"]], "entry 1"),
        ([{"id": "X1", "name": "A"}], "entry 1"),
        (["C7S1", "C7S1"], "id C7S1 is given more than once"),
        ([{"id": f"X{i}", "name": "A", "description": "B"} for i in range(65)], "65 categories, more than .* 64"),
    ],
)
def test_read_policy_refuses_another_form_and_names_the_entry(entries, message):
    with pytest.raises(ValueError, match=message):
        read(entries)


@pytest.mark.parametrize("content", ["- [", "[" * 5000, "\0", "3"])
def test_read_policy_of_a_broken_file_names_it(content, tmp_path):
    for name in ("policy.yaml", "policy.json"):
        (tmp_path / name).write_text(content)
        with pytest.raises(ValueError, match=name):
            read(tmp_path / name)
