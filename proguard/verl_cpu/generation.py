"""The decoding loop: prompts are read once each, and their cache is spread over their rollouts."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import Cache, DynamicCache, PreTrainedModel
from transformers.image_processing_utils import BaseImageProcessor

from proguard.verl_cpu.sampling import Completion, Rollout, Sampling, draw, order_key, pad_left, uniforms


@dataclass(slots=True)
class Reading:
    """What the model has read so far, one row for each prompt or rollout."""

    cache: Cache
    mask: torch.Tensor
    """Which positions of the cache are not padding, shape ``(n, length)``."""

    position: torch.Tensor
    """Rotary position of the last token, shape ``(3, n, 1)``."""

    logits: torch.Tensor
    """Of the token that comes next, shape ``(n, vocabulary)``."""


@torch.inference_mode()
def complete(
    model: PreTrainedModel,
    image_processor: BaseImageProcessor,
    rollouts: Sequence[Rollout],
    sampling: Sampling,
    *,
    rows: int,
) -> list[Completion]:
    """Return the completion of each rollout, in their order.

    Args:
        model: A Qwen2-VL, Qwen2.5-VL or Qwen3-VL in fp32.
        image_processor: The model's.
        rollouts: What is asked for, in any order; equal ones get the same completion.
        sampling: How tokens are drawn.
        rows: Largest number of rollouts that are decoded together.
    """
    ordered = sorted(set(rollouts), key=order_key)
    completions: dict[Rollout, Completion] = {}
    for start in range(0, len(ordered), rows):
        batch = ordered[start : start + rows]
        completions |= zip(batch, decode(model, image_processor, batch, sampling), strict=True)
    return [completions[rollout] for rollout in rollouts]


def decode(
    model: PreTrainedModel, image_processor: BaseImageProcessor, rollouts: Sequence[Rollout], sampling: Sampling
) -> list[Completion]:
    """Return the completions of rollouts that are decoded together; those of one prompt are adjacent."""
    prompts = list({(r.token_ids, r.image_digests): r for r in rollouts}.values())
    rows_of = {(prompt.token_ids, prompt.image_digests): row for row, prompt in enumerate(prompts)}
    reading = read_prompts(model, image_processor, prompts, pad_id=sampling.pad_id)
    spread(reading, torch.tensor([rows_of[r.token_ids, r.image_digests] for r in rollouts]))

    uniform = torch.stack([uniforms(rollout, sampling) for rollout in rollouts])
    eos = torch.tensor(sampling.eos_ids)
    is_done = torch.zeros(len(rollouts), dtype=torch.bool)
    tokens, log_probs = [], []
    for step in range(sampling.max_tokens):
        token, log_prob = draw(reading.logits, uniform[:, step], sampling)
        tokens.append(token)
        log_probs.append(log_prob)
        is_done |= torch.isin(token, eos)
        if is_done.all() or step + 1 == sampling.max_tokens:
            break
        read_token(model, reading, token)
    return cut(torch.stack(tokens, 1), torch.stack(log_probs, 1), eos)


def read_prompts(
    model: PreTrainedModel, image_processor: BaseImageProcessor, prompts: Sequence[Rollout], *, pad_id: int
) -> Reading:
    """Return the state after the prompts, padded on the left."""
    ids, mask = pad_left([prompt.token_ids for prompt in prompts], pad_id)
    is_image = (ids == model.config.image_token_id).int()
    images = [image for prompt in prompts for image in prompt.images]
    pixels = dict(image_processor(images=images, return_tensors="pt")) if images else {}
    position, _ = model.model.get_rope_index(
        ids, mm_token_type_ids=is_image, image_grid_thw=pixels.get("image_grid_thw"), attention_mask=mask
    )
    output = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=position,
        past_key_values=DynamicCache(config=model.config.get_text_config()),
        logits_to_keep=1,
        **pixels,
    )
    return Reading(output.past_key_values, mask, position[:, :, -1:], output.logits[:, -1].float())


def spread(reading: Reading, rows: torch.Tensor) -> None:
    """Make row ``i`` a copy of the former row ``rows[i]``."""
    reading.cache.batch_select_indices(rows)
    reading.mask = reading.mask[rows]
    reading.position = reading.position[:, rows]
    reading.logits = reading.logits[rows]


def read_token(model: PreTrainedModel, reading: Reading, token: torch.Tensor) -> None:
    """Read one more token in each row."""
    reading.mask = torch.cat([reading.mask, reading.mask.new_ones(len(token), 1)], dim=1)
    reading.position = reading.position + 1
    output = model(
        input_ids=token[:, None],
        attention_mask=reading.mask,
        position_ids=reading.position,
        past_key_values=reading.cache,
    )
    reading.logits = output.logits[:, -1].float()


def cut(tokens: torch.Tensor, log_probs: torch.Tensor, eos: torch.Tensor) -> list[Completion]:
    """Return each row of ``(n, length)`` up to and with its first end token."""
    is_end = torch.isin(tokens, eos)
    lengths = torch.where(is_end.any(1), is_end.int().argmax(1) + 1, tokens.shape[1]).tolist()
    rows = zip(tokens.tolist(), log_probs.tolist(), lengths, strict=True)
    return [Completion(row[:length], probs[:length]) for row, probs, length in rows]
