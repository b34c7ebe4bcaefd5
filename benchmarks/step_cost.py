"""What a training step of verl costs, from the numbers that verl logs of it: tokens, FLOPs, MFU."""

from collections.abc import Mapping
from dataclasses import dataclass

PEAK_TFLOPS = {"H100": 989.0, "H200": 989.0, "A100": 312.0, "L40S": 362.0, "B200": 2250.0}
"""Dense bfloat16, by a part of the device's name. Source: data sheets."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of a step."""

    prompts: int
    """Of each prompt once: its rollouts share what was read."""

    responses: int
    rollouts: int
    """Prompt and response of every rollout."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step takes."""

    parameters: int
    """Of the language model."""

    seconds: dict[str, float]
    """The step and its parts, as verl times them."""

    tokens_per_second_and_gpu: float
    """Tokens of all rollouts, prompts included."""

    mfu_step: float | None
    """Model FLOPs of the whole step (`step_flops`), over what the GPUs could do in its time; ``None``: unknown."""

    mfu_update: float | None
    """Likewise of the policy's update alone."""

    memory_gib: float
    """Most that torch allocated in the trainer; vLLM's is not in it."""

    log_prob_gap: dict[str, float]
    """Between the rollouts and the trainer: of a token's probability the mean and the largest, and the KL."""


def count_tokens(numbers: Mapping[str, float], n_prompts: int, group: int) -> Tokens:
    """Return the tokens of a step from verl's mean lengths."""
    prompts = round(numbers["prompt_length/mean"] * n_prompts)
    responses = round(numbers["response_length/mean"] * n_prompts * group)
    return Tokens(prompts, responses, prompts * group + responses)


def step_flops(parameters: int, tokens: Tokens) -> dict[str, float]:
    """Return the model FLOPs of a step's parts: 2 per parameter and token read, 6 per token trained on.

    ``rollouts``: prompts once and responses. ``log_probs``: all rollouts by the policy and by the reference.
    ``update``: all rollouts, forward and backward. Attention's own FLOPs and the vision tower are not counted.
    Source: arXiv 2001.08361, section 2.1.
    """
    return {
        "rollouts": 2.0 * parameters * (tokens.prompts + tokens.responses),
        "log_probs": 2 * 2.0 * parameters * tokens.rollouts,
        "update": 6.0 * parameters * tokens.rollouts,
    }


def mfu(flops: float, seconds: float, *, peak_tflops: float | None, gpus: int) -> float | None:
    """Return the share of what ``gpus`` could compute in ``seconds`` that ``flops`` is, to 4 decimals.

    ``None`` where the peak is not known.
    """
    return None if peak_tflops is None else round(flops / (seconds * peak_tflops * 1e12 * gpus), 4)


def peak_tflops(device: str) -> float | None:
    """Return the peak of a device; ``None`` of one that is not in the table."""
    return next((peak for name, peak in PEAK_TFLOPS.items() if name in device), None)


def summarise(
    numbers: Mapping[str, float], *, parameters: int, n_prompts: int, group: int, peak: float | None, gpus: int
) -> Cost:
    """Return a step's cost from verl's numbers of it."""
    tokens = count_tokens(numbers, n_prompts, group)
    flops = step_flops(parameters, tokens)
    seconds = {key.removeprefix("timing_s/"): v for key, v in numbers.items() if key.startswith("timing_s/")}
    gap = {"mean": "training/rollout_probs_diff_mean", "max": "training/rollout_probs_diff_max"}
    return Cost(
        parameters,
        {name: round(value, 2) for name, value in seconds.items()},
        round(tokens.rollouts / seconds["step"] / gpus, 1),
        mfu(sum(flops.values()), seconds["step"], peak_tflops=peak, gpus=gpus),
        mfu(flops["update"], seconds["update_actor"], peak_tflops=peak, gpus=gpus),
        round(numbers["perf/max_memory_allocated_gb"], 1),
        {name: numbers[key] for name, key in (gap | {"kl": "rollout_corr/kl"}).items()},
    )
