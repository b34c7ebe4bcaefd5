"""Maps our setting names to verl's: the settings of ``ppo_trainer``, and the command line that sets them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from proguard.flatten import flatten
from proguard.rl_train.config import Engine, GrpoConfig, Machines, TrainingFiles

_PRECISION = {"float32": "fp32", "bfloat16": "bf16"}


def verl_settings(
    config: GrpoConfig,
    files: TrainingFiles,
    *,
    reward_kwargs: Mapping[str, Any],
    engine: Engine,
    machines: Machines,
) -> dict[str, Any]:
    """Return every setting of ``verl.trainer.main_ppo`` that differs from verl's defaults, by its dotted name.

    Args:
        reward_kwargs: Extra arguments of `proguard.rl_train.reward_function.compute_score`.

    Raises:
        ValueError: When ``engine.verl`` sets what another key of ours decides.
    """
    ours = {
        **_algorithm(),
        **_data(config, files),
        **_actor(config, files),
        **_reward(files, reward_kwargs),
        **_trainer(config, files),
        "trainer.n_gpus_per_node": machines.n_gpus_per_node,
        "trainer.nnodes": machines.nnodes,
    }
    theirs = dict(flatten(engine.verl))
    if both := sorted(ours.keys() & theirs.keys()):
        raise ValueError(f"engine.verl: {', '.join(both)} follow from rl_train and runtime.rl; set them there")
    return ours | _ray(theirs, machines)


def make_overrides(settings: Mapping[str, Any]) -> list[str]:
    """Return the command line of ``verl.trainer.main_ppo`` for ``settings``."""
    return [f"{_sign(key)}{key}={_value(value)}" for key, value in settings.items()]


def worker_variables(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that hand variables to Ray's workers, which inherit nothing on a cluster that is joined."""
    return {f"ray_kwargs.ray_init.runtime_env.env_vars.{key}": value for key, value in variables.items()}


def _ray(theirs: dict[str, Any], machines: Machines) -> dict[str, Any]:
    """Return the engine's settings with those of Ray for a cluster of our own, or for one that is joined.

    Raises:
        ValueError: When several machines are asked for without a cluster to join.
    """
    start = "ray_kwargs.ray_init"
    if machines.ray_address is None:
        if machines.nnodes > 1:
            raise ValueError(
                f"runtime.rl.nnodes: {machines.nnodes} machines need a Ray cluster that runs; start it with `ray start`"
                " and set runtime.rl.ray_address to its host:port"
            )
        return theirs | {f"{start}.address": "local"}
    # A cluster that runs has its resources already.
    joined = {key: value for key, value in theirs.items() if not key.startswith(f"{start}.")}
    return joined | {f"{start}.address": machines.ray_address}


def _algorithm() -> dict[str, Any]:
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
        # `proguard.rl_train.fit` has dropped the rows that do not fit.
        "data.filter_overlong_prompts": False,
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
        **{
            f"actor_rollout_ref.{role}.fsdp_config.mixed_precision.{key}": value
            for role in ("actor", "ref")
            for key, value in (("param_dtype", _PRECISION[config.dtype]), ("reduce_dtype", "fp32"))
        },
        f"{rollout}.dtype": config.dtype,
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
