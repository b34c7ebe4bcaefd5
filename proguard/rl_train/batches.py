"""Sizes that have to divide: verl 0.9.1's own checks, made before Ray starts and worded in our key names.

Source: verl/utils/config.py (validate_config), verl/workers/config/actor.py (validate), verl/workers/engine_workers.py
(train_mini_batch, init_model) and verl/workers/engine/utils.py (prepare_micro_batches).
"""

from collections.abc import Mapping
from typing import Any

_ACTOR, _REF, _ROLLOUT = (f"actor_rollout_ref.{role}" for role in ("actor", "ref", "rollout"))


def check_batches(settings: Mapping[str, Any]) -> None:
    """Raise unless every batch divides as verl needs it.

    Args:
        settings: What `proguard.rl_train.overrides.verl_settings` returns.

    Raises:
        ValueError: When a size is not a whole number of at least 1 (``group_size``: 2), or does not divide.
    """
    batch = _size(settings, "data.train_batch_size", "rl_train.batch_size")
    mini = _size(settings, f"{_ACTOR}.ppo_mini_batch_size", "rl_train.mini_batch_size")
    group = _size(settings, f"{_ROLLOUT}.n", "rl_train.group_size", least=2)
    per_node = _size(settings, "trainer.n_gpus_per_node", "runtime.rl.n_gpus_per_node")
    nodes = _size(settings, "trainer.nnodes", "runtime.rl.nnodes")
    gpus, gpus_text = per_node * nodes, f"runtime.rl.n_gpus_per_node x runtime.rl.nnodes = {per_node * nodes} GPUs"
    tensor_parallel = settings.get(f"{_ROLLOUT}.tensor_model_parallel_size", 1)
    if settings.get(f"{_ROLLOUT}.name") == "hf" and gpus != 1:
        raise ValueError(f"{gpus_text}: the rollout hf of engine=cpu has one worker; set both to 1, or use engine=gpu")
    step_text = f"rl_train.batch_size x rl_train.group_size = {batch * group} rollouts per step"
    update_text = f"rl_train.mini_batch_size x rl_train.group_size = {mini * group} rollouts per update"
    _divide(gpus, tensor_parallel, gpus_text, f"engine.verl.{_ROLLOUT}.tensor_model_parallel_size")
    _divide(batch, mini, f"rl_train.batch_size = {batch}", "rl_train.mini_batch_size")
    _divide(batch * group, gpus, step_text, gpus_text)
    _divide(mini * group, gpus, update_text, gpus_text)
    if settings.get(f"{_ACTOR}.use_dynamic_bsz"):
        return
    for key, rollouts, text in (
        (f"{_ACTOR}.ppo_micro_batch_size_per_gpu", mini * group, update_text),
        (f"{_REF}.log_prob_micro_batch_size_per_gpu", batch * group, step_text),
        (f"{_ROLLOUT}.log_prob_micro_batch_size_per_gpu", batch * group, step_text),
    ):
        micro = _size(settings, key, f"engine.verl.{key}")
        _divide(rollouts // gpus, micro, f"{text} on {gpus} GPUs = {rollouts // gpus} per GPU", f"engine.verl.{key}")


def check_enough_rows(n_rows: int, batch_size: int) -> None:
    """Raise when fewer rows are left than one step draws.

    Raises:
        ValueError: When ``n_rows`` is below ``batch_size``.
    """
    if n_rows < batch_size:
        raise ValueError(f"rl_train.batch_size: a step draws {batch_size} prompts, and only {n_rows} training rows fit")


def _size(settings: Mapping[str, Any], key: str, ours: str, *, least: int = 1) -> int:
    size = settings.get(key)
    if not isinstance(size, int) or isinstance(size, bool) or size < least:
        raise ValueError(f"{ours}: expected a whole number of at least {least}, found {size!r}")
    return size


def _divide(whole: int, part: int, whole_text: str, part_text: str) -> None:
    if whole % part:
        part_text = part_text if "=" in part_text else f"{part_text} = {part}"
        raise ValueError(f"{whole_text} cannot be divided by {part_text}")
