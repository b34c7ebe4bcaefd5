"""What a stage run by hand may override."""

import sys

import pytest
from omegaconf import OmegaConf

from proguard.runtime.overrides import check_overrides, find_dependents
from proguard.runtime.params import compose_unresolved, override_params
from proguard.runtime.stage import run_stage
from tools.closure import ROOT

PARAMS = OmegaConf.create(
    {"profile": "one", "ood_split": {"seed": 1, "novel": ["C5"]}, "a": {"b": 1, "c": 1}, "d": [{"e": 1}], "f": {"g": 2}}
)


@pytest.fixture
def conf(tmp_path):
    """A conf/ that computes a.c and an element of d from a.b, and f from the keys of ood_split."""
    (tmp_path / "profile").mkdir()
    (tmp_path / "config.yaml").write_text(
        "defaults: [profile: one, _self_]\nood_split: {seed: 1, novel: [C5]}\na: {b: 1, c: '${a.b}'}\nf: {g: 2}\n"
    )
    (tmp_path / "profile" / "one.yaml").write_text("# @package _global_\nprofile: one\nd: [{e: 'x ${a.b}'}]\n")
    (tmp_path / "profile" / "two.yaml").write_text(
        "# @package _global_\nprofile: two\nd: [{e: 1}]\nh: ${oc.dict.keys:ood_split}\ni: ${f.g}\n"
    )
    return tmp_path


def test_check_overrides_names_the_nearest_key(conf):
    with pytest.raises(SystemExit, match=r"did you mean 'ood_split.seed'"):
        check_overrides(["ood_split.sed=3"], PARAMS, conf)


@pytest.mark.parametrize(
    "arguments",
    [
        ["ood_split.seed=3"],
        ["+new.key=1"],
        ["hydra.verbose=true"],
        ["--help"],
        ["a.c=2"],
        ["f.g=3"],  # Of which only another profile computes a key.
        ["a.b=2", "a.c=2", "d=[{e: x 2}]"],
        ["a={b: 2, c: 2}", "d=[{e: x 2}]"],
    ],
)
def test_check_overrides_lets_whole_changes_pass(arguments, conf):
    check_overrides(arguments, PARAMS, conf)


def test_check_overrides_reports_a_key_like_no_other(conf):
    with pytest.raises(SystemExit, match="has no key 'zzzzzzzz'"):
        check_overrides(["zzzzzzzz=3"], PARAMS, conf)


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [(["a.b=2"], "a.c, d"), (["a.b=2", "a.c=2"], "d"), (["++a.b=2"], "a.c, d"), (["a={b: 2, c: 2}"], "d")],
)
def test_check_overrides_refuses_half_a_change_and_names_the_rest(arguments, missing, conf):
    with pytest.raises(SystemExit, match=f"conf/ computes {missing} from it.*dvc exp run -S a"):
        check_overrides(arguments, PARAMS, conf)


def test_check_overrides_of_a_child_of_a_referenced_key_is_refused(conf):
    two = OmegaConf.merge(PARAMS, {"profile": "two"})
    with pytest.raises(SystemExit, match=r"ood_split.seed: conf/ computes h from it"):
        check_overrides(["ood_split.seed=3"], two, conf)


def test_check_overrides_without_a_conf_folder_looks_at_the_keys_only(tmp_path):
    check_overrides(["a.b=2"], PARAMS, tmp_path / "nosuch")


@pytest.mark.parametrize("profile", ["mini", "paper"])
def test_check_overrides_of_the_project_refuses_every_key_that_others_are_computed_from(profile):
    params = OmegaConf.create(compose_unresolved(ROOT / "conf", [f"profile={profile}"]))
    dependents = find_dependents(OmegaConf.to_container(params))
    assert dependents
    for key, keys in dependents.items():
        with pytest.raises(SystemExit, match="conf/ computes") as refused:
            check_overrides([f"{key}=1"], params, ROOT / "conf")
        assert any(dependent in str(refused.value) for dependent in keys)


@pytest.mark.parametrize(
    "override",
    [
        "paths.splits=/tmp/x",
        "ood_split.shuffle_ids=false",
        "rl_train.steps=2",
        "predict.guard=base",
        "predict.dtype=float32",
    ],
)
def test_check_overrides_of_the_project_lets_keys_without_dependents_pass(override):
    params = OmegaConf.load(ROOT / "params.yaml")
    check_overrides([override], params, ROOT / "conf")


def test_override_params_resolves_and_overrides(tmp_path):
    (tmp_path / "params.yaml").write_text("paths: {splits: a}\nn: 1\n")
    found = override_params(tmp_path / "params.yaml", ["paths.splits=b", "+m=[1, 2]"])
    assert found == {"paths": {"splits": "b"}, "n": 1, "m": [1, 2]}


def test_override_params_of_another_grammar_is_an_error(tmp_path):
    (tmp_path / "params.yaml").write_text("n: 1\n")
    with pytest.raises(ValueError, match=r"override 'n=\[': expected <key>=<value>"):
        override_params(tmp_path / "params.yaml", ["n=["])


def test_run_stage_outside_of_a_project_says_where_to_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["stages/collect.py"])
    with pytest.raises(SystemExit, match=r"collect: no params.yaml here; run from the project's root"):
        run_stage("collect", lambda: None)
