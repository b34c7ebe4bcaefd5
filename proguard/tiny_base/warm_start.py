"""The warm start: supervised training on the lessons of a curriculum.

Every step draws new lessons, so that only the words repeat.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.nn import functional
from tqdm import tqdm
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2_5_VLProcessor

from proguard.tiny_base.batching import Batch, make_batch
from proguard.tiny_base.curriculum import Curriculum

_WARM_UP_STEPS = 50
_FINAL_LR_SHARE = 0.1
_BUCKET_BATCHES = 4
"""Batches that are drawn at once and sorted by length, so that little is padded."""


@dataclass(frozen=True, slots=True)
class Optimisation:
    """How to train."""

    steps: int
    batch_size: int
    learning_rate: float
    """Peak of a schedule that rises over the first steps and falls along a cosine."""


def warm_start(
    model: Qwen2_5_VLForConditionalGeneration,
    processor: Qwen2_5_VLProcessor,
    curriculum: Curriculum,
    optimisation: Optimisation,
    *,
    rng: random.Random,
) -> list[float]:
    """Train ``model`` in place; return the loss of each step."""
    o = optimisation
    optimizer = torch.optim.AdamW(model.parameters(), lr=o.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
    losses: list[float] = []
    model.train()
    for batch in tqdm(_draw_batches(curriculum, o, processor, rng), total=o.steps, desc="warm start", unit="step"):
        for group in optimizer.param_groups:
            group["lr"] = o.learning_rate * _lr_share(len(losses), o.steps)
        loss = completion_loss(model, batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    return losses


def completion_loss(model: Qwen2_5_VLForConditionalGeneration, batch: Batch) -> torch.Tensor:
    """Return the mean cross-entropy of the completions' tokens, a scalar."""
    hidden = model.model(**batch.inputs, use_cache=False).last_hidden_state
    width = batch.targets.shape[1]
    logits = model.lm_head(hidden[:, -width - 1 : -1][batch.mask])
    return functional.cross_entropy(logits, batch.targets[batch.mask])


def _draw_batches(
    curriculum: Curriculum, o: Optimisation, processor: Qwen2_5_VLProcessor, rng: random.Random
) -> Iterator[Batch]:
    for start in range(0, o.steps, _BUCKET_BATCHES):
        lessons = [curriculum.draw(start / o.steps, rng) for _ in range(_BUCKET_BATCHES * o.batch_size)]
        lessons.sort(key=lambda lesson: sum(len(m["content"]) for m in lesson.messages))
        buckets = [lessons[i : i + o.batch_size] for i in range(0, len(lessons), o.batch_size)]
        rng.shuffle(buckets)
        for bucket in buckets[: o.steps - start]:
            yield make_batch(bucket, processor)


def _lr_share(step: int, steps: int) -> float:
    rise = min(1.0, (step + 1) / _WARM_UP_STEPS)
    fall = 0.5 * (1 + math.cos(math.pi * step / steps))
    return rise * (_FINAL_LR_SHARE + (1 - _FINAL_LR_SHARE) * fall)
