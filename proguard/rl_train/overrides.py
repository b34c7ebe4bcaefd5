"""Our settings as overrides of verl's ``ppo_trainer``: the one place that speaks both names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from proguard.flatten import flatten


@dataclass(frozen=True, slots=True)
class GrpoConfig:
    """Settings of a GRPO run; the paper's values are in ``conf/profile/paper.yaml``."""

    steps: int
    """Optimiser rounds: each draws ``batch_size`` prompts."""

    batch_size: int
    """Prompts a step."""

    mini_batch_size: int
    """Prompts an optimiser update; divides ``batch_size``."""

    group_size: int
    """Rollouts a prompt, at least 2: an advantage is relative to its group."""

    lr: float
    """Peak learning rate of AdamW."""

    warmup_steps: int
    """Steps over which the learning rate rises from 0."""

    lr_schedule: Literal["constant", "cosine"]
    """What the learning rate does after the warm-up; ``cosine`` falls to a tenth of the peak at the last step."""

    kl_coef: float
    """Weight of the KL loss (low_var_kl) against the base model."""

    entropy_coef: float
    """Weight of the entropy bonus."""

    clip_ratio: float
    """PPO clip, the same below and above."""

    temperature: float
    """Of sampling."""

    max_prompt_length: int
    """Tokens; a longer prompt is left out."""

    max_response_length: int
    """Tokens."""

    save_every: int
    """Steps between checkpoints: what a kill can cost."""

    seed: int
    """Of the order of rows and of sampling."""


@dataclass(frozen=True, slots=True)
class TrainingFiles:
    """Where a run reads and writes."""

    rows: Path
    base_model: Path
    work: Path
    """Checkpoints, rollouts and logs of this run; survives a kill."""

    taxonomy: Path

    @property
    def checkpoints(self) -> Path:
        """Checkpoint folders ``global_step_<n>``."""
        return self.work / "checkpoints"

    @property
    def rollouts(self) -> Path:
        """One JSONL of rollouts a step."""
        return self.work / "rollouts"

    @property
    def failures(self) -> Path:
        """Errors of the reward, one a line; absent when there were none."""
        return self.work / "reward_failures.jsonl"


def make_overrides(
    config: GrpoConfig,
    files: TrainingFiles,
    *,
    reward_kwargs: Mapping[str, Any],
    engine: Mapping[str, Any],
    n_gpus_per_node: int,
    nnodes: int,
) -> list[str]:
    """Return the command line for ``verl.trainer.main_ppo``.

    Args:
        reward_kwargs: Extra arguments of `proguard.rl_train.reward_function.compute_score`.
        engine: Overrides of the machine's kind in verl's own names; they win.

    Raises:
        ValueError: When ``mini_batch_size`` does not divide ``batch_size``, or ``group_size`` is below 2.
    """
    if config.batch_size % config.mini_batch_size:
        raise ValueError(f"rl_train.mini_batch_size: {config.mini_batch_size} does not divide {config.batch_size}")
    if config.group_size < 2:
        raise ValueError(f"rl_train.group_size: expected 2 or more, found {config.group_size}")
    settings = {
        **_algorithm(config),
        **_data(config, files),
        **_actor(config, files),
        **_reward(files, reward_kwargs),
        **_trainer(config, files),
        "trainer.n_gpus_per_node": n_gpus_per_node,
        "trainer.nnodes": nnodes,
        **dict(flatten(engine)),
    }
    return [f"{_sign(key)}{key}={_value(value)}" for key, value in settings.items()]


def _algorithm(config: GrpoConfig) -> dict[str, Any]:
    return {
        "algorithm.adv_estimator": "grpo",
        "algorithm.norm_adv_by_std_in_grpo": True,
        "algorithm.use_kl_in_reward": False,
    }


def _data(config: GrpoConfig, files: TrainingFiles) -> dict[str, Any]:
    return {
        "data.train_files": files.rows,
        "data.val_files": files.rows,
        "data.train_batch_size": config.batch_size,
        "data.max_prompt_length": config.max_prompt_length,
        "data.max_response_length": config.max_response_length,
        "data.image_key": "images",
        "data.filter_overlong_prompts": True,
        "data.filter_overlong_prompts_workers": 1,
        "data.seed": config.seed,
    }


def _actor(config: GrpoConfig, files: TrainingFiles) -> dict[str, Any]:
    actor, rollout = "actor_rollout_ref.actor", "actor_rollout_ref.rollout"
    return {
        "actor_rollout_ref.model.path": files.base_model,
        f"{actor}.optim.lr": config.lr,
        f"{actor}.optim.lr_warmup_steps": config.warmup_steps,
        f"{actor}.optim.lr_scheduler_type": config.lr_schedule,
        f"{actor}.optim.min_lr_ratio": 0.1,
        f"{actor}.ppo_mini_batch_size": config.mini_batch_size,
        f"{actor}.use_kl_loss": True,
        f"{actor}.kl_loss_coef": config.kl_coef,
        f"{actor}.kl_loss_type": "low_var_kl",
        f"{actor}.entropy_coeff": config.entropy_coef,
        # All three: verl ignores clip_ratio where low and high keep their defaults.
        f"{actor}.clip_ratio": config.clip_ratio,
        f"{actor}.clip_ratio_low": config.clip_ratio,
        f"{actor}.clip_ratio_high": config.clip_ratio,
        f"{actor}.checkpoint.save_contents": ["model", "optimizer", "extra", "hf_model"],
        f"{rollout}.n": config.group_size,
        f"{rollout}.temperature": config.temperature,
        f"{rollout}.seed": config.seed,
    }


def _reward(files: TrainingFiles, reward_kwargs: Mapping[str, Any]) -> dict[str, Any]:
    function = "reward.custom_reward_function"
    kwargs = {**reward_kwargs, "taxonomy": files.taxonomy, "failures": files.failures}
    return {
        f"{function}.path": "pkg://proguard.rl_train.reward_function",
        f"{function}.name": "compute_score",
        **{f"{function}.reward_kwargs.{key}": value for key, value in flatten(kwargs)},
    }


def _trainer(config: GrpoConfig, files: TrainingFiles) -> dict[str, Any]:
    return {
        # Epochs only bound the run; steps end it.
        "trainer.total_epochs": 10_000,
        "trainer.total_training_steps": config.steps,
        "trainer.save_freq": config.save_every,
        "trainer.test_freq": -1,
        "trainer.val_before_train": False,
        "trainer.resume_mode": "auto",
        "trainer.default_local_dir": files.checkpoints,
        # Two: the last may turn out to be ahead of the rollouts on disk (`proguard.rl_train.train`).
        "trainer.max_actor_ckpt_to_keep": 2,
        "trainer.rollout_data_dir": files.rollouts,
        "trainer.project_name": "proguard",
        "trainer.experiment_name": "rl_train",
        "trainer.logger": ["console", "file"],
        # Hydra's own folder of verl's process.
        "hydra.run.dir": files.work / "hydra",
        "hydra.output_subdir": None,
    }


def _sign(key: str) -> str:
    return "" if key.startswith("hydra.") else "++"


def _value(value: Any) -> str:
    """Write a value in Hydra's override grammar."""
    return "".join(_tokens(value))


def _tokens(value: Any) -> Iterator[str]:
    if value is None:
        yield "null"
    elif isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, list | tuple):
        yield f"[{','.join(_value(item) for item in value)}]"
    elif isinstance(value, str | Path):
        escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
        yield f"'{escaped}'"
    else:
        yield str(value)
