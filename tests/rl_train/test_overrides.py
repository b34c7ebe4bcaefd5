"""Our settings in verl's names."""

from dataclasses import replace
from pathlib import Path

import pytest

from proguard.reward.config import STRICT, RewardConfig
from proguard.rl_train.overrides import GrpoConfig, TrainingFiles, make_overrides
from proguard.runtime.params import compose_params
from tools.closure import ROOT

CONFIG = GrpoConfig(
    steps=5, batch_size=4, mini_batch_size=2, group_size=3, lr=1e-4, warmup_steps=1, lr_schedule="cosine", kl_coef=0.01, entropy_coef=0.0,
    clip_ratio=0.1, temperature=1.0, max_prompt_length=99, max_response_length=9, save_every=2, seed=7,
)  # fmt: skip
FILES = TrainingFiles(Path("/r"), Path("/b"), Path("/w"), Path("/t"))


def overrides(config=CONFIG, engine=None, **kwargs):
    made = make_overrides(config, FILES, reward_kwargs=kwargs, engine=engine or {}, n_gpus_per_node=1, nnodes=1)
    return dict(o.removeprefix("++").split("=", 1) for o in made)


def test_clip_ratio_sets_all_three_that_verl_reads():
    made = overrides()
    assert {made[f"actor_rollout_ref.actor.clip_ratio{end}"] for end in ("", "_low", "_high")} == {"0.1"}


def test_engine_wins_over_ours():
    assert overrides(engine={"trainer": {"logger": ["console"]}})["trainer.logger"] == "['console']"


def test_reward_kwargs_keep_their_nesting():
    made = overrides(similarity={"model": "it's", "revision": None})
    prefix = "reward.custom_reward_function.reward_kwargs.similarity"
    assert made[f"{prefix}.model"] == r"'it\'s'"
    assert made[f"{prefix}.revision"] == "null"


def test_mini_batch_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match=r"rl_train.mini_batch_size: 3 does not divide 4"):
        overrides(replace(CONFIG, mini_batch_size=3))


def test_group_of_one_is_refused():
    with pytest.raises(ValueError, match="expected 2 or more"):
        overrides(replace(CONFIG, group_size=1))


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["mini", "open", "paper"])
def test_overrides_of_a_profile_compose_with_verl(profile):
    from hydra import compose, initialize_config_module

    params = compose_params(ROOT / "conf", [f"profile={profile}"])
    config = GrpoConfig(**params["rl_train"])
    made = make_overrides(
        config,
        FILES,
        reward_kwargs={"reward": params["reward"], "similarity": params["similarity"]},
        engine=params["engine"]["verl"],
        n_gpus_per_node=8,
        nnodes=3,
    )
    with initialize_config_module("verl.trainer.config", version_base=None):
        verl = compose("ppo_trainer", overrides=made)
    assert verl.actor_rollout_ref.actor.clip_ratio_high == config.clip_ratio
    assert RewardConfig(**verl.reward.custom_reward_function.reward_kwargs.reward) == STRICT
    assert verl.actor_rollout_ref.rollout.name == ("vllm" if profile == "paper" else "hf")
    assert verl.trainer.nnodes == 3
