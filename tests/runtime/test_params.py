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


def options(group):
    return sorted(file.stem for file in (ROOT / "conf" / group).glob("*.yaml"))


@pytest.mark.parametrize("suite", options("suite"))
@pytest.mark.parametrize("profile", options("profile"))
def test_every_profile_composes_with_every_suite(profile, suite):
    params = compose_params(ROOT / "conf", [f"profile={profile}", f"suite={suite}"])
    assert params["profile"] == profile
    assert set(params["collect"]["sources"]) - set(params["collect"]["benchmarks"])
    assert set(params["predict"]["test_sets"]) >= {"test", *params["collect"]["benchmarks"]}


@pytest.mark.parametrize("experiment", options("experiment"))
def test_every_experiment_composes_and_changes_what_it_says(experiment):
    composed, default = compose_params(ROOT / "conf", [f"experiment={experiment}"]), compose_params(ROOT / "conf")
    said = OmegaConf.to_container(OmegaConf.load(ROOT / "conf" / "experiment" / f"{experiment}.yaml")) or {}
    said.pop("defaults", None)
    leaves = dict(flatten(composed))
    assert {key: leaves[key] for key, _ in flatten(said)} == dict(flatten(said))
    assert (composed != default) == (experiment != "none")
    assert set(leaves) >= set(dict(flatten(default)))


@pytest.mark.parametrize("experiment", ["image_scarce", "rotation", "longer_training"])
@pytest.mark.parametrize("profile", options("profile"))
def test_worked_examples_compose_with_every_profile(experiment, profile):
    params = compose_params(ROOT / "conf", [f"profile={profile}", f"experiment={experiment}"])
    assert params["profile"] == profile


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
