"""The cost of a training step, worked out by hand."""

import json
from dataclasses import asdict

import pytest

from benchmarks.step_cost import Tokens, count_tokens, mfu, peak_tflops, step_flops, summarise

NUMBERS = {
    "prompt_length/mean": 100.0,
    "response_length/mean": 50.0,
    "timing_s/step": 4.0,
    "timing_s/gen": 1.0,
    "timing_s/update_actor": 2.0,
    "perf/max_memory_allocated_gb": 12.34,
    "training/rollout_probs_diff_mean": 0.1,
    "training/rollout_probs_diff_max": 0.2,
    "rollout_corr/kl": 1e-4,
}


def test_count_tokens_counts_a_prompt_once_and_in_each_rollout():
    assert count_tokens(NUMBERS, n_prompts=2, group=4) == Tokens(prompts=200, responses=400, rollouts=1200)


def test_step_flops_is_two_for_a_token_read_and_six_for_one_trained_on():
    flops = step_flops(10, Tokens(prompts=200, responses=400, rollouts=1200))
    assert flops == {"rollouts": 12_000, "log_probs": 48_000, "update": 72_000}


def test_mfu_is_the_share_of_what_all_gpus_could_do():
    assert mfu(1e12, 2.0, peak_tflops=1.0, gpus=1) == 0.5
    assert mfu(1e12, 2.0, peak_tflops=1.0, gpus=2) == 0.25


@pytest.mark.parametrize(("device", "peak"), [("NVIDIA H100 80GB HBM3", 989.0), ("NVIDIA A100-SXM4-40GB", 312.0)])
def test_peak_tflops_finds_the_device_by_a_part_of_its_name(device, peak):
    assert peak_tflops(device) == peak


def test_mfu_of_a_device_without_a_known_peak_is_null_in_json():
    assert peak_tflops("NVIDIA Unheard-of") is None
    cost = summarise(NUMBERS, parameters=10**9, n_prompts=2, group=4, peak=None, gpus=2)
    written = json.loads(json.dumps(asdict(cost), allow_nan=False))
    assert (written["mfu_step"], written["mfu_update"]) == (None, None)


def test_summarise_gives_each_number_of_the_step():
    cost = summarise(NUMBERS, parameters=10**9, n_prompts=2, group=4, peak=1.0, gpus=2)
    assert cost.tokens_per_second_and_gpu == 150  # 1,200 tokens, 4 s, 2 GPUs
    # 1e9 x (2 x 600 + 4 x 1200 + 6 x 1200) = 1.32e13 FLOPs, of 4 s x 1e12 x 2.
    assert cost.mfu_step == 1.65
    assert cost.mfu_update == 1.8  # 7.2e12 of 2 s x 1e12 x 2
    assert cost.seconds == {"step": 4.0, "gen": 1.0, "update_actor": 2.0}
    assert (cost.memory_gib, cost.log_prob_gap) == (12.3, {"mean": 0.1, "max": 0.2, "kl": 1e-4})
