"""Lessons as tensors: prompts end in one column, completions start in the next."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import Qwen2_5_VLProcessor

from proguard.prompt import chat_messages
from proguard.tiny_base.lesson import Lesson


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs of the model, and what to predict."""

    inputs: dict[str, torch.Tensor]
    """What the processor makes of the prompts, completions appended."""

    targets: torch.Tensor
    """Token ids of the completions ``(n, longest)``, the end of turn included."""

    mask: torch.Tensor
    """Which targets count ``(n, longest)``, boolean; the rest is padding."""


def make_batch(lessons: Sequence[Lesson], processor: Qwen2_5_VLProcessor) -> Batch:
    """Return ``lessons`` as one batch."""
    prompts = [
        processor.apply_chat_template(chat_messages(x.messages), tokenize=False, add_generation_prompt=True)
        for x in lessons
    ]
    images = [x.image for x in lessons if x.image is not None]
    inputs = dict(processor(text=prompts, images=images or None, padding=True, return_tensors="pt"))
    tokenizer = processor.tokenizer
    rows = tokenizer([x.completion + tokenizer.eos_token for x in lessons], add_special_tokens=False)["input_ids"]
    width = max(map(len, rows))
    targets = torch.tensor([row + [tokenizer.pad_token_id] * (width - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    inputs["input_ids"] = torch.cat([inputs["input_ids"], targets], 1)
    inputs["attention_mask"] = torch.cat([inputs["attention_mask"], mask], 1)
    inputs["mm_token_type_ids"] = torch.cat([inputs["mm_token_type_ids"], torch.zeros_like(targets)], 1)
    return Batch(inputs, targets, mask.bool())
