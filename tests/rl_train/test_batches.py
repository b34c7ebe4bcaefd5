"""Sizes that do not divide, refused in our key names before Ray starts."""

import pytest

from proguard.rl_train.batches import check_batches, check_enough_rows

KEYS = {
    "batch": "data.train_batch_size",
    "mini": "actor_rollout_ref.actor.ppo_mini_batch_size",
    "group": "actor_rollout_ref.rollout.n",
    "gpus": "trainer.n_gpus_per_node",
    "nodes": "trainer.nnodes",
    "tensor": "actor_rollout_ref.rollout.tensor_model_parallel_size",
    "actor": "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu",
    "ref": "actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu",
    "rollout": "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu",
    "name": "actor_rollout_ref.rollout.name",
    "data_parallel": "actor_rollout_ref.rollout.data_parallel_size",
    "pipeline": "actor_rollout_ref.rollout.pipeline_model_parallel_size",
    "agents": "actor_rollout_ref.rollout.agent.num_workers",
    "sequences": "actor_rollout_ref.rollout.max_num_seqs",
    "epochs": "actor_rollout_ref.actor.ppo_epochs",
    "fsdp": "actor_rollout_ref.actor.fsdp_config.fsdp_size",
    "ulysses": "actor_rollout_ref.actor.ulysses_sequence_parallel_size",
    "micro": "actor_rollout_ref.actor.ppo_micro_batch_size",
    "gen": "data.gen_batch_size",
    "val": "data.val_batch_size",
    "loaders": "data.dataloader_num_workers",
    "rewards": "reward.num_workers",
    "units": "transfer_queue.backend.SimpleStorage.num_data_storage_units",
}
PAPER = {
    "batch": 512, "mini": 32, "group": 16, "gpus": 8, "nodes": 1, "tensor": 4, "actor": 4, "ref": 8, "rollout": 8, "name": "vllm",
}  # fmt: skip


def settings(**changed):
    return {KEYS[key]: value for key, value in (PAPER | changed).items()}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"nodes": 2},
        {"gpus": 4, "tensor": 1, "group": 5},
        {"mini": 512},
        {"gen": 128},
        {"ulysses": 2},
        {"fsdp": 4},
        {"fsdp": -1},
        {"tensor": 16, "nodes": 2},
        {"data_parallel": 2},
        {"rewards": 0, "loaders": 0, "val": None},
    ],
)
def test_check_batches_of_sizes_that_divide_is_quiet(changed):
    check_batches(settings(**changed))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"batch": 500}, "rl_train.batch_size = 500 cannot be divided by rl_train.mini_batch_size = 32"),
        ({"batch": 16}, "rl_train.batch_size = 16 cannot be divided by rl_train.mini_batch_size = 32"),
        ({"group": 1}, "rl_train.group_size: expected a whole number of at least 2, found 1"),
        ({"mini": 0}, "rl_train.mini_batch_size: expected a whole number of at least 1, found 0"),
        ({"batch": 51.2}, "rl_train.batch_size: expected a whole number of at least 1, found 51.2"),
        ({"gpus": 6}, "x runtime.rl.nnodes = 6 GPUs cannot be divided by .*tensor_model_parallel_size = 4"),
        (
            {"gpus": 12, "batch": 96, "mini": 4, "group": 5},
            "rl_train.mini_batch_size x rl_train.group_size = 20 rollouts per update cannot be divided by .* = 12 GPUs",
        ),
        ({"batch": 3, "mini": 3, "group": 3, "gpus": 4}, "= 9 rollouts per step cannot be divided by .* = 4 GPUs"),
        ({"actor": 48}, "= 64 per GPU cannot be divided by engine.verl.*ppo_micro_batch_size_per_gpu = 48"),
        ({"ref": 3}, "= 1024 per GPU cannot be divided by engine.verl.*ref.log_prob_micro_batch_size_per_gpu = 3"),
        ({"rollout": 3}, "cannot be divided by engine.verl.*rollout.log_prob_micro_batch_size_per_gpu = 3"),
        ({"actor": None}, "engine.verl.*ppo_micro_batch_size_per_gpu: expected a whole number"),
        ({"tensor": 5, "gpus": 8}, "8 GPUs cannot be divided by engine.verl.*tensor_model_parallel_size = 5"),
        ({"pipeline": 4}, "tensor_model_parallel_size x data_parallel_size x pipeline.* = 16"),
        ({"gpus": 6, "nodes": 4, "tensor": 8}, "tensor_model_parallel_size = 8 cannot be .*n_gpus_per_node = 6"),
        ({"fsdp": 3}, "= 8 GPUs cannot be divided by engine.verl.*fsdp_size = 3"),
        ({"ulysses": 3}, "= 8 GPUs cannot be divided by engine.verl.*ulysses_sequence_parallel_size = 3"),
        ({"ulysses": 2, "actor": 64, "mini": 4}, "16 per GPU cannot be divided by .*ppo_micro_batch_size_per_gpu = 64"),
        ({"gen": 100}, "rl_train.batch_size = 512 cannot be divided by engine.verl.data.gen_batch_size = 100"),
        ({"micro": 8}, "ppo_micro_batch_size: verl takes it no more; set engine.verl.*ppo_micro_batch_size_per_gpu"),
        ({"name": "hf", "gpus": 1, "tensor": 1, "agents": 2}, "agent.num_workers: the rollout hf .* set 1"),
        ({"name": "hf"}, "= 8 GPUs: the rollout hf of engine=cpu has one worker"),
    ],
)
def test_check_batches_of_sizes_that_do_not_divide_names_our_keys(changed, message):
    with pytest.raises(ValueError, match=message):
        check_batches(settings(**changed))


@pytest.mark.parametrize("value", [0, -1, 1.5, "4", True])
@pytest.mark.parametrize(
    "key",
    ["batch", "mini", "group", "gpus", "nodes", "tensor", "actor", "ref", "rollout", "data_parallel", "pipeline",
     "agents", "sequences", "epochs", "ulysses", "gen", "val", "loaders", "rewards", "units"],
)  # fmt: skip
def test_check_batches_of_no_size_names_our_key(key, value):
    if key in ("loaders", "rewards") and value == 0:
        return
    with pytest.raises(ValueError, match=r"^(rl_train|runtime\.rl|engine\.verl)\.\S+: expected a whole number of at"):
        check_batches(settings(**{key: value}))


def test_check_batches_of_dynamic_micro_batches_ignores_their_sizes():
    check_batches(settings(actor=None, ref=3) | {"actor_rollout_ref.actor.use_dynamic_bsz": True})


def test_check_enough_rows_for_a_step():
    check_enough_rows(4, 4)
    with pytest.raises(ValueError, match="rl_train.batch_size: a step draws 5 prompts, and only 4 training rows fit"):
        check_enough_rows(4, 5)
