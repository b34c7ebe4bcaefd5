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
}
PAPER = {
    "batch": 512, "mini": 32, "group": 16, "gpus": 8, "nodes": 1, "tensor": 4, "actor": 4, "ref": 8, "rollout": 8, "name": "vllm",
}  # fmt: skip


def settings(**changed):
    return {KEYS[key]: value for key, value in (PAPER | changed).items()}


@pytest.mark.parametrize("changed", [{}, {"nodes": 2}, {"gpus": 4, "tensor": 1, "group": 5}, {"mini": 512}])
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
        ({"name": "hf"}, "= 8 GPUs: the rollout hf of engine=cpu has one worker"),
    ],
)
def test_check_batches_of_sizes_that_do_not_divide_names_our_keys(changed, message):
    with pytest.raises(ValueError, match=message):
        check_batches(settings(**changed))


def test_check_batches_of_dynamic_micro_batches_ignores_their_sizes():
    check_batches(settings(actor=None, ref=3) | {"actor_rollout_ref.actor.use_dynamic_bsz": True})


def test_check_enough_rows_for_a_step():
    check_enough_rows(4, 4)
    with pytest.raises(ValueError, match="rl_train.batch_size: a step draws 5 prompts, and only 4 training rows fit"):
        check_enough_rows(4, 5)
