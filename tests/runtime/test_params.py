"""params.yaml is composed from conf/, and an edit there is noticed."""

import shutil

import pytest
from omegaconf import OmegaConf

from proguard.flatten import flatten
from proguard.runtime.allowed import check_settings
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
    check_settings(params)


@pytest.mark.parametrize(("number", "experiment"), enumerate(options("experiment")))
@pytest.mark.parametrize("group", ["profile", "suite"])
def test_every_experiment_composes_with_every_profile_and_with_every_suite(group, number, experiment):
    """Of the other group each takes its turn; with all of them the triples are too many to compose each time."""
    (other,) = {"profile", "suite"} - {group}
    for i, option in enumerate(options(group), number):
        turn = options(other)[i % len(options(other))]
        overrides = [f"{group}={option}", f"{other}={turn}", f"experiment={experiment}"]
        check_settings(compose_params(ROOT / "conf", overrides))


@pytest.mark.parametrize("group", ["engine", "reward", "similarity", "base_model"])
def test_every_option_composes_to_settings_that_are_allowed(group):
    for option in options(group):
        check_settings(compose_params(ROOT / "conf", [f"{group}={option}"]))


def test_every_guard_composes_beside_the_others():
    params = compose_params(ROOT / "conf", [f"+guard=[{','.join(options('guard'))}]"])
    check_settings(params)
    assert set(params["guards"]) == set(options("guard"))


@pytest.mark.parametrize("experiment", options("experiment"))
def test_every_experiment_composes_and_changes_what_it_says(experiment):
    composed, default = compose_params(ROOT / "conf", [f"experiment={experiment}"]), compose_params(ROOT / "conf")
    said = OmegaConf.to_container(OmegaConf.load(ROOT / "conf" / "experiment" / f"{experiment}.yaml")) or {}
    said.pop("defaults", None)
    leaves = dict(flatten(composed))
    assert {key: leaves[key] for key, _ in flatten(said)} == dict(flatten(said))
    assert (composed != default) == (experiment != "none")
    assert set(leaves) >= set(dict(flatten(default)))


def test_stale_message_names_the_key_and_what_to_run(tmp_path):
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    file = tmp_path / "conf" / "reward" / "strict.yaml"
    file.write_text(file.read_text().replace("other_id: 0.25", "other_id: 0.125"))
    message = stale_message(tmp_path / "conf", ROOT / "params.yaml")
    assert "reward.other_id: 0.25 -> 0.125" in message
    assert "dvc exp run" in message


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("foo", "override 'foo': expected <key>=<value>"),
        ("a={", "override 'a={': expected <key>=<value>"),
        ("a=b=c", "override 'a=b=c': expected <key>=<value>"),
        ("profile=nosuch", "Available options in 'profile': mini open paper published$"),
        ("rl_train.foo=3", r"Could not override 'rl_train.foo'. To append to your config use \+rl_train.foo=3$"),
    ],
)
def test_compose_refuses_an_override_in_one_line(override, message):
    with pytest.raises(ValueError, match=message) as caught:
        compose_params(ROOT / "conf", [override])
    assert "\n" not in str(caught.value)


def test_differing_keys_of_equal_content_is_empty():
    assert differing_keys({"a": {"b": [1, 2]}}, {"a": {"b": [1, 2]}}) == []


def test_flatten_keeps_lists_and_nulls():
    assert dict(flatten({"a": {"b": [1], "c": None}, "d": 2})) == {"a.b": [1], "a.c": None, "d": 2}
