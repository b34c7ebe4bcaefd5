"""guard.json of a guard that is not ours."""

import json

import pytest

from proguard.card import CARD_FILE
from proguard.guard_folder import seal_guard
from proguard.guards.families import open_guard_folder
from proguard.guards.own import Own
from proguard.guards.reasoner import Reasoner
from proguard.guards.spec import check_spec, read_spec, write_spec
from tests.guards.rows import ROWS
from tests.worlds import make_guard_card
from tools.closure import ROOT

ENTRY = {
    "family": "reasoner",
    "options": {"form": "md_judge"},
    "scope": {"modalities": ["text"], "sides": ["response"]},
    "decoding": {"max_new_tokens": 512},
    "weights": {"model": "org/judge", "revision": "abc"},
    "meanings": {"O1 Toxic Content": ["C7S1"]},
}


def test_spec_comes_back_from_its_folder(tmp_path):
    spec = check_spec(ENTRY, "guards.x")
    write_spec(spec, tmp_path)
    assert read_spec(tmp_path) == spec
    opened = open_guard_folder(tmp_path)
    assert isinstance(opened.family, Reasoner)
    assert (opened.family_name, opened.family.meanings) == ("reasoner", {"O1 Toxic Content": ("C7S1",)})


def test_card_of_our_own_guard_opens_as_our_own(tmp_path):
    seal_guard(tmp_path, make_guard_card(), ROOT / "data" / "taxonomy.yaml")
    assert read_spec(tmp_path) is None
    opened = open_guard_folder(tmp_path)
    assert isinstance(opened.family, Own)
    assert (opened.family_name, opened.spec) == ("own", None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"family": "oracle"}, "guards.x: family: .*found 'oracle'"),
        ({"scope": {"modalities": ["sound"], "sides": []}}, r"guards.x: scope.modalities.0: .*found 'sound'"),
        ({"decoding": {}}, "guards.x: decoding.max_new_tokens: Field required"),
        ({"weights": {"model": "m", "revsion": "x"}}, "guards.x: weights.revsion: .*found 'x'"),
        ({"server": {"url": "u", "model": "m"}}, "expected one of weights, server and recorded, found weights, server"),
        ({"weights": None}, "expected one of weights, server and recorded, found none"),
        ({"weights": None, "recorded": {"files": {}, "columns": {"id": "id"}}}, "columns: expected completion"),
        ({"weights": None, "recorded": {"files": {}, "columns": {"prompt": "p", "completion": "c"}}}, "cut: expected"),
    ],
)
def test_wrong_entry_names_its_key(change, message):
    with pytest.raises(ValueError, match=message):
        check_spec({**ENTRY, **change}, "guards.x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"options": {}}, r"x.options.form: Field required"),
        ({"options": {"form": "md_judge", "depth": 3}}, r"x.options.depth: .*found 3"),
        ({"options": {"form": "dyna_guard"}}, r"x.texts: family reasoner needs system, rule"),
    ],
)
def test_family_names_the_option_or_text_that_is_wrong(tmp_path, change, message):
    (tmp_path / "x").mkdir()
    write_spec(check_spec({**ENTRY, **change}, "guards.x"), tmp_path / "x")
    with pytest.raises(ValueError, match=message):
        open_guard_folder(tmp_path / "x")


def test_damaged_file_names_itself(tmp_path):
    (tmp_path / CARD_FILE).write_text(json.dumps({"family": "reasoner"}))
    with pytest.raises(ValueError, match=f"{CARD_FILE}: scope: Field required"):
        read_spec(tmp_path)


def test_folder_without_a_card_says_what_to_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing; run `dvc repro`"):
        open_guard_folder(tmp_path)


@pytest.mark.parametrize(
    ("row", "sides"), [("both", ("request", "response")), ("request", ("request",)), ("image", ()), ("text_image", ())]
)
def test_scope_gives_the_sides_of_a_row(row, sides):
    spec = check_spec({**ENTRY, "scope": {"modalities": ["text"], "sides": ["request", "response"]}}, "x")
    assert spec.scope.sides_of(ROWS[row].sample) == sides
