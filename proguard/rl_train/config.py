"""What a training run is asked for, and where it reads and writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class GrpoConfig:
    """Settings of a GRPO run; the paper's values are in ``conf/recipe/paper.yaml``."""

    steps: int
    """Optimiser rounds: each draws ``batch_size`` prompts."""

    batch_size: int
    """Prompts per step."""

    mini_batch_size: int
    """Prompts per optimiser update; divides ``batch_size``."""

    group_size: int
    """Rollouts per prompt, at least 2: an advantage is relative to its group."""

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
    """Sampling temperature."""

    max_prompt_length: int
    """Most tokens of a prompt; a row with a longer one is dropped."""

    max_response_length: int
    """Most tokens of a completion."""

    max_dropped_share: float
    """Largest share of rows that may be dropped because they do not fit, in [0, 1]; above it the stage fails."""

    dtype: Literal["float32", "bfloat16"]
    """Number format of forward passes and rollouts; the weights that are trained are float32 either way."""

    save_every: int
    """Steps between checkpoints: the most that a kill can cost."""

    sample_every: int
    """Steps between those of which some rollouts are kept (`proguard.rl_train.samples`)."""

    seed: int
    """Seed of the row order and of sampling."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What a kind of machine needs, tracked because it changes results."""

    main: str
    """Module that trains, with the settings of ``verl.trainer.main_ppo``: that one, or ours for a CPU."""

    environment: Mapping[str, str]
    """Variables that verl's processes get in addition to ours."""

    verl: Mapping[str, Any]
    """Settings of verl, in its own names."""


@dataclass(frozen=True, slots=True)
class Machines:
    """Machine knobs: where a run computes. See ``conf/runtime.yaml``."""

    n_gpus_per_node: int
    nnodes: int

    ray_address: str | None
    """``host:port`` of the Ray cluster to join, or ``auto`` for the one that runs here; ``None`` starts one."""

    stall_seconds: float
    """Time without a training step after which a run counts as hung."""

    embedder_gpus: float | None = None
    """Share of a GPU of the one actor that embeds names for all reward workers, in [0, 1]; 0 keeps it on the CPU.
    ``None``: each worker embeds its own."""

    def __post_init__(self) -> None:
        """Check the share."""
        share = self.embedder_gpus
        if share is not None and not 0 <= share <= 1:
            raise ValueError(f"runtime.rl.embedder_gpus: expected null or a number in [0, 1], found {share!r}")


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
