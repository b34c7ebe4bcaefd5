"""Our settings in verl's names."""

import inspect
import re
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from proguard.flatten import flatten
from proguard.reward.config import STRICT, RewardConfig
from proguard.rl_train.batches import check_batches
from proguard.rl_train.config import Engine, GrpoConfig, Machines, TrainingFiles
from proguard.rl_train.overrides import make_overrides, verl_settings, worker_variables
from proguard.runtime.params import compose_params
from tools.closure import ROOT

CONFIG = GrpoConfig(
    steps=5, batch_size=4, mini_batch_size=2, group_size=3, lr=1e-4, warmup_steps=1, lr_schedule="cosine", kl_coef=0.01, entropy_coef=0.0,
    clip_ratio=0.1, temperature=1.0, max_prompt_length=99, max_response_length=9, max_dropped_share=0.1, dtype="bfloat16", save_every=2, sample_every=2, seed=7,
)  # fmt: skip
FILES = TrainingFiles(Path("/r"), Path("/b"), Path("/w"), Path("/t"))
HERE = Machines(n_gpus_per_node=1, nnodes=1, ray_address=None, stall_seconds=9)
RAY = "ray_kwargs.ray_init"


def settings(config=CONFIG, verl=None, machines=HERE, environment=None, **kwargs):
    engine = Engine(main="verl.trainer.main_ppo", environment=environment or {}, verl=verl or {})
    return verl_settings(config, FILES, reward_kwargs=kwargs, engine=engine, machines=machines)


def overrides(**kwargs):
    return dict(o.removeprefix("++").split("=", 1) for o in make_overrides(settings(**kwargs)))


def profile_settings(*choices):
    """The settings of verl that a choice of profile and engine comes to, and the training's own."""
    params = compose_params(ROOT / "conf", list(choices))
    config, engine = GrpoConfig(**params["rl_train"]), Engine(**params["engine"])
    reward = {"reward": params["reward"], "similarity": params["similarity"]}
    return config, verl_settings(
        config, FILES, reward_kwargs=reward, engine=engine, machines=Machines(**params["runtime"]["rl"])
    )


def test_clip_ratio_sets_all_three_that_verl_reads():
    made = overrides()
    assert {made[f"actor_rollout_ref.actor.clip_ratio{end}"] for end in ("", "_low", "_high")} == {"0.1"}


def test_engine_that_sets_what_a_key_of_ours_decides_is_refused():
    with pytest.raises(ValueError, match=r"engine.verl: data.seed, trainer.logger follow from rl_train and runtime.rl"):
        settings(verl={"trainer": {"logger": ["console"], "device": "cpu"}, "data": {"seed": 1}})


def test_dtype_reaches_trainer_reference_and_rollouts():
    made = overrides()
    roles = [made[f"actor_rollout_ref.{role}.fsdp_config.mixed_precision.param_dtype"] for role in ("actor", "ref")]
    assert (roles, made["actor_rollout_ref.rollout.dtype"]) == (["'bf16'", "'bf16'"], "'bfloat16'")


def test_ray_without_an_address_is_a_cluster_of_its_own():
    made = settings(verl={"ray_kwargs": {"ray_init": {"num_cpus": 3}}})
    assert {k: v for k, v in made.items() if k.startswith(RAY)} == {f"{RAY}.num_cpus": 3, f"{RAY}.address": "local"}


def test_ray_with_an_address_joins_it_and_leaves_its_resources():
    machines = Machines(n_gpus_per_node=1, nnodes=2, ray_address="h:1", stall_seconds=9)
    made = settings(verl={"ray_kwargs": {"ray_init": {"num_cpus": 3}}}, machines=machines)
    assert {k: v for k, v in made.items() if k.startswith(RAY)} == {f"{RAY}.address": "h:1"}


def test_worker_variables_are_settings_of_ray():
    assert worker_variables({"A": "b"}) == {f"{RAY}.runtime_env.env_vars.A": "b"}


def test_machines_without_a_cluster_to_join_are_refused():
    with pytest.raises(ValueError, match=r"runtime.rl.nnodes: 2 machines need .* set runtime.rl.ray_address"):
        settings(machines=Machines(n_gpus_per_node=1, nnodes=2, ray_address=None, stall_seconds=9))


def test_reward_kwargs_keep_their_nesting():
    made = overrides(similarity={"model": "it's", "revision": None})
    prefix = "reward.custom_reward_function.reward_kwargs.similarity"
    assert made[f"{prefix}.model"] == r"'it\'s'"
    assert made[f"{prefix}.revision"] == "null"


PROFILES = pytest.mark.parametrize(
    "choices",
    [
        ("profile=mini",),
        ("profile=mini", "engine=cpu_vllm"),
        ("profile=open",),
        ("profile=paper",),
        ("profile=published",),
        ("profile=mini", "engine=gpu", "runtime.rl.n_gpus_per_node=4"),
        ("profile=open", "engine=gpu", "base_model=qwen2_5_vl_3b", "runtime.rl.n_gpus_per_node=4"),
        ("profile=paper", "runtime.rl.nnodes=2", "runtime.rl.ray_address=head:6379"),
    ],
    ids=" ".join,
)

PASSED_ON = re.compile(
    r"reward\.custom_reward_function\.reward_kwargs\.|actor_rollout_ref\.model\.override_config\."
    r"|actor_rollout_ref\.(actor|ref)\.fsdp_config\.mixed_precision\.(param|reduce)_dtype$"
    r"|actor_rollout_ref\.rollout\.engine_kwargs\.vllm\."
)
"""What verl takes as a dictionary: its keys are ours, transformers', torch's and vLLM's."""


@pytest.mark.slow
@PROFILES
def test_settings_of_a_profile_pass_the_validation_of_verl(choices):
    from hydra import compose, initialize_config_module
    from verl.utils.config import omega_conf_to_dataclass, validate_config

    config, made = profile_settings(*choices)
    check_batches(made)
    with initialize_config_module("verl.trainer.config", version_base=None):
        verl = compose("ppo_trainer", overrides=make_overrides(made))
    validate_config(verl, use_reference_policy=True, use_critic=False)
    assert verl.actor_rollout_ref.actor.clip_ratio_high == config.clip_ratio
    assert RewardConfig(**verl.reward.custom_reward_function.reward_kwargs.reward) == STRICT
    assert verl.actor_rollout_ref.rollout.name == ("hf" if choices[-1] in ("profile=mini", "profile=open") else "vllm")
    # Their constructors know each key of the actor and of the rollouts.
    omega_conf_to_dataclass(verl.actor_rollout_ref.actor)
    omega_conf_to_dataclass(verl.actor_rollout_ref.rollout)


@pytest.mark.slow
@PROFILES
def test_settings_of_a_profile_are_keys_of_verl(choices):
    _, made = profile_settings(*choices)
    assert [key for key in made if not is_key_of_verl(key)] == []


@pytest.mark.slow
@pytest.mark.parametrize("key", ["trainer.nosuch", "ray_kwargs.ray_init.nosuch", "actor_rollout_ref.rollout.nosuch"])
def test_misspelled_setting_is_no_key_of_verl(key):
    assert not is_key_of_verl(key)


def test_gpu_engine_needs_no_package_that_its_lock_lacks():
    _, made = profile_settings("profile=paper")
    model = "actor_rollout_ref.model"
    needs_flash = made[f"{model}.use_remove_padding"] or "flash" in made[f"{model}.override_config.attn_implementation"]
    assert not needs_flash or "flash-attn==" in (ROOT / "requirements-gpu.lock").read_text()


@cache
def keys_of_verl():
    from hydra import compose, initialize_config_module
    from verl.workers.config import RolloutConfig
    from verl.workers.config.rollout import AgentLoopConfig

    with initialize_config_module("verl.trainer.config", version_base=None):
        known = set(dict(flatten(OmegaConf.to_container(compose("ppo_trainer")))))
    rollout = "actor_rollout_ref.rollout"
    known |= {f"{rollout}.{field.name}" for field in fields(RolloutConfig)}
    return known | {f"{rollout}.agent.{field.name}" for field in fields(AgentLoopConfig)}


def is_key_of_verl(key):
    import ray

    if key.startswith(f"{RAY}."):
        return key.split(".")[2] in inspect.signature(ray.init).parameters
    return key.startswith("hydra.") or PASSED_ON.match(key) is not None or key in keys_of_verl()
