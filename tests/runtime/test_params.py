"""params.yaml is composed from conf/, and an edit there is noticed."""

import shutil

import pytest
from omegaconf import OmegaConf

from proguard.flatten import flatten
from proguard.runtime.params import compose_params, differing_keys, stale_message
from tools.closure import ROOT


def test_params_are_composed_from_conf():
    committed = OmegaConf.to_container(OmegaConf.load(ROOT / "params.yaml"))
    assert differing_keys(compose_params(ROOT / "conf"), committed) == [], "run `dvc exp run`"


@pytest.mark.parametrize("profile", ["mini", "open", "paper"])
def test_every_profile_composes(profile):
    params = compose_params(ROOT / "conf", [f"profile={profile}"])
    assert params["profile"] == profile
    assert params["collect"]["sources"]


def test_stale_message_names_the_key_and_what_to_run(tmp_path):
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    file = tmp_path / "conf" / "reward" / "strict.yaml"
    file.write_text(file.read_text().replace("other_id: 0.25", "other_id: 0.125"))
    message = stale_message(tmp_path / "conf", ROOT / "params.yaml")
    assert "reward.other_id: 0.25 -> 0.125" in message
    assert "dvc exp run" in message


def test_compose_refuses_an_unknown_option():
    with pytest.raises(ValueError, match="nosuch"):
        compose_params(ROOT / "conf", ["profile=nosuch"])


def test_differing_keys_of_equal_content_is_empty():
    assert differing_keys({"a": {"b": [1, 2]}}, {"a": {"b": [1, 2]}}) == []


def test_flatten_keeps_lists_and_nulls():
    assert dict(flatten({"a": {"b": [1], "c": None}, "d": 2})) == {"a.b": [1], "a.c": None, "d": 2}
