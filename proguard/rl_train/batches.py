"""Sizes that have to divide: verl 0.9.1's own checks, made before Ray starts and worded in our key names.

Source: verl/utils/config.py (validate_config), verl/workers/config/actor.py (validate), verl/workers/engine_workers.py
(train_mini_batch, init_model), verl/workers/engine/utils.py (prepare_micro_batches), verl/workers/engine/fsdp/utils.py
(create_device_mesh), verl/workers/rollout/replica.py, verl/workers/rollout/vllm_rollout/vllm_async_server.py and
verl/trainer/ppo/v1/trainer_base.py (_next_train_batch).
"""

from collections.abc import Mapping
from typing import Any, Final

_ACTOR, _REF, _ROLLOUT = (f"actor_rollout_ref.{role}" for role in ("actor", "ref", "rollout"))

_OURS: Final = {
    "data.train_batch_size": "rl_train.batch_size",
    f"{_ACTOR}.ppo_mini_batch_size": "rl_train.mini_batch_size",
    f"{_ROLLOUT}.n": "rl_train.group_size",
    "trainer.n_gpus_per_node": "runtime.rl.n_gpus_per_node",
    "trainer.nnodes": "runtime.rl.nnodes",
}
"""Our key of a setting of verl; the others are keys of ``engine.verl``."""

_LEAST: Final = {
    f"{_ACTOR}.ppo_epochs": 1,
    f"{_ACTOR}.ppo_max_token_len_per_gpu": 1,
    f"{_REF}.log_prob_max_token_len_per_gpu": 1,
    f"{_ROLLOUT}.log_prob_max_token_len_per_gpu": 1,
    f"{_ROLLOUT}.max_num_seqs": 1,
    f"{_ROLLOUT}.max_num_batched_tokens": 1,
    f"{_ROLLOUT}.agent.num_workers": 1,
    "transfer_queue.backend.SimpleStorage.num_data_storage_units": 1,
    "reward.num_workers": 0,
    "data.dataloader_num_workers": 0,
}
"""Smallest value of each size that only has to be large enough, where it is set."""

_TOTALS: Final = (
    f"{_ACTOR}.ppo_micro_batch_size",
    f"{_REF}.log_prob_micro_batch_size",
    f"{_ROLLOUT}.log_prob_micro_batch_size",
)
"""Sizes over all GPUs, which verl takes no more next to those per GPU."""


def check_batches(settings: Mapping[str, Any]) -> None:
    """Raise unless every size is one that verl can use, and every batch divides as verl needs it.

    Args:
        settings: What `proguard.rl_train.overrides.verl_settings` returns.

    Raises:
        ValueError: When a size is not a whole number of at least 1 (``group_size``: 2; workers that may be absent: 0),
            or does not divide.
    """
    batch = _size(settings, "data.train_batch_size")
    mini = _size(settings, f"{_ACTOR}.ppo_mini_batch_size")
    group = _size(settings, f"{_ROLLOUT}.n", least=2)
    for key, least in _LEAST.items():
        if settings.get(key) is not None:
            _size(settings, key, least=least)
    for key in _TOTALS:
        if settings.get(key) is not None:
            raise ValueError(f"{_name(key)}: verl takes it no more; set {_name(key)}_per_gpu")
    gpus, gpus_text = _check_gpus(settings)
    _check_loaders(settings, batch)
    step_text = f"rl_train.batch_size x rl_train.group_size = {batch * group} rollouts per step"
    update_text = f"rl_train.mini_batch_size x rl_train.group_size = {mini * group} rollouts per update"
    _divide(batch, mini, f"rl_train.batch_size = {batch}", "rl_train.mini_batch_size")
    _divide(batch * group, gpus, step_text, gpus_text)
    _divide(mini * group, gpus, update_text, gpus_text)
    is_dynamic = bool(settings.get(f"{_ACTOR}.use_dynamic_bsz"))
    for key, dynamic, rollouts, text in (
        (f"{_ACTOR}.ppo_micro_batch_size_per_gpu", f"{_ACTOR}.use_dynamic_bsz", mini * group, update_text),
        (f"{_REF}.log_prob_micro_batch_size_per_gpu", f"{_REF}.log_prob_use_dynamic_bsz", batch * group, step_text),
        (
            f"{_ROLLOUT}.log_prob_micro_batch_size_per_gpu",
            f"{_ROLLOUT}.log_prob_use_dynamic_bsz",
            batch * group,
            step_text,
        ),
    ):
        if not settings.get(dynamic, is_dynamic):
            _divide(rollouts // gpus, _size(settings, key), f"{text} / {gpus} = {rollouts // gpus} per GPU", _name(key))


def check_enough_rows(n_rows: int, batch_size: int) -> None:
    """Raise when fewer rows are left than one step draws.

    Raises:
        ValueError: When ``n_rows`` is below ``batch_size``.
    """
    if n_rows < batch_size:
        raise ValueError(f"rl_train.batch_size: a step draws {batch_size} prompts, and only {n_rows} training rows fit")


def _check_gpus(settings: Mapping[str, Any]) -> tuple[int, str]:
    """Return how many parts a batch is cut into, and where that number comes from.

    Each part goes to one GPU, or to the GPUs that share a sequence.
    """
    per_node, nodes = _size(settings, "trainer.n_gpus_per_node"), _size(settings, "trainer.nnodes")
    gpus, text = per_node * nodes, f"runtime.rl.n_gpus_per_node x runtime.rl.nnodes = {per_node * nodes} GPUs"
    if settings.get(f"{_ROLLOUT}.name") == "hf":
        if gpus != 1:
            raise ValueError(f"{text}: the rollout hf of engine=cpu has one worker; set both to 1, or use engine=gpu")
        key = f"{_ROLLOUT}.agent.num_workers"
        if _size(settings, key, default=8) != 1:
            raise ValueError(f"{_name(key)}: the rollout hf of engine=cpu samples a batch in one worker; set 1")
    _check_rollout(settings, per_node, gpus, text)
    for role in (_ACTOR, _REF):
        key = f"{role}.fsdp_config.fsdp_size"
        # A negative one means all GPUs, and so does a larger one.
        if settings.get(key, -1) != -1:
            _divide(gpus, min(gpus, _size(settings, key)), text, f"{_name(key)} = {settings[key]}")
    sequence = f"{_ACTOR}.fsdp_config.ulysses_sequence_parallel_size"
    if settings.get(f"{_ACTOR}.ulysses_sequence_parallel_size") is not None:
        sequence = f"{_ACTOR}.ulysses_sequence_parallel_size"
    share = _size(settings, sequence, default=1)
    if share == 1:
        return gpus, text
    _divide(gpus, share, text, _name(sequence))
    return gpus // share, f"{text} / {_name(sequence)} = {gpus // share}"


def _check_rollout(settings: Mapping[str, Any], per_node: int, gpus: int, gpus_text: str) -> None:
    """Raise unless the GPUs divide into copies of the model that generates."""
    # 2: verl's default.
    tensor = _size(settings, f"{_ROLLOUT}.tensor_model_parallel_size", default=2)
    data = _size(settings, f"{_ROLLOUT}.data_parallel_size", default=1)
    pipeline = _size(settings, f"{_ROLLOUT}.pipeline_model_parallel_size", default=1)
    copy, text = tensor * data * pipeline, _name(f"{_ROLLOUT}.tensor_model_parallel_size")
    if copy != tensor:
        text += f" x data_parallel_size x pipeline_model_parallel_size = {copy}"
    _divide(gpus, copy, gpus_text, text)
    per_node_text = f"runtime.rl.n_gpus_per_node = {per_node}"
    if copy > per_node:
        _divide(copy, per_node, text if "=" in text else f"{text} = {copy}", per_node_text)
    if data > 1:
        _divide(per_node, tensor, per_node_text, _name(f"{_ROLLOUT}.tensor_model_parallel_size"))


def _check_loaders(settings: Mapping[str, Any], batch: int) -> None:
    """Raise unless the batches that are read at a time fit those of a step."""
    if settings.get("data.val_batch_size") is not None:
        _size(settings, "data.val_batch_size")
    if settings.get("data.gen_batch_size") is not None:
        read = _size(settings, "data.gen_batch_size")
        _divide(batch, read, f"rl_train.batch_size = {batch}", _name("data.gen_batch_size"))


def _name(key: str) -> str:
    return _OURS.get(key, f"engine.verl.{key}")


def _size(settings: Mapping[str, Any], key: str, *, least: int = 1, default: int | None = None) -> int:
    size = settings.get(key, default)
    if not isinstance(size, int) or isinstance(size, bool) or size < least:
        raise ValueError(f"{_name(key)}: expected a whole number of at least {least}, found {size!r}")
    return size


def _divide(whole: int, part: int, whole_text: str, part_text: str) -> None:
    if whole % part:
        part_text = part_text if "=" in part_text else f"{part_text} = {part}"
        raise ValueError(f"{whole_text} cannot be divided by {part_text}")
