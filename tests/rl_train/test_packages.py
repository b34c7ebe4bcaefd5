"""The package that generates rollouts, looked up before Ray starts."""

import pytest

from proguard.rl_train import packages
from proguard.rl_train.packages import check_rollout_package
from proguard.runtime.params import compose_params
from tools.closure import ROOT


def rollout_of(engine):
    rollout = compose_params(ROOT / "conf", [f"engine={engine}"])["engine"]["verl"]["actor_rollout_ref"]["rollout"]
    return {"actor_rollout_ref.rollout.name": rollout["name"]}


@pytest.mark.parametrize("engine", ["gpu", "cpu_vllm"])
def test_check_rollout_package_without_vllm_names_the_key_and_the_command(monkeypatch, engine):
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    with pytest.raises(
        ImportError, match=r"^engine.verl.*rollout.name: .* vllm is not installed; .*make setup GPU=1.*vllm-setup"
    ):
        check_rollout_package(rollout_of(engine))


@pytest.mark.parametrize("engine", ["gpu", "cpu_vllm"])
def test_check_rollout_package_with_vllm_is_quiet(monkeypatch, engine):
    monkeypatch.setattr(packages, "find_spec", lambda name: object())
    check_rollout_package(rollout_of(engine))


def test_check_rollout_package_of_the_rollout_hf_needs_none(monkeypatch):
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    check_rollout_package(rollout_of("cpu"))
