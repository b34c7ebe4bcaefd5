"""Rollouts of one prompt in one row, so that the trainer reads their prompt once.

With eight rollouts of 25 tokens to a prompt of 110, that is 310 tokens in place of 1,080. The mask lets a
response see the prompt and itself; the positions are those of each rollout alone, so log-probabilities and
gradients are those of the rollouts one by one, up to rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import pad

PADDING = -1
"""Segment of the positions behind the last response; the prompt's is 0, the responses' are 1, 2, ..."""


@dataclass(frozen=True, slots=True)
class Rollouts:
    """Prompt and responses of adjacent rollouts."""

    prompt: torch.Tensor
    """Token ids, shape ``(prompt,)``."""

    responses: list[torch.Tensor]
    """Token ids of each, shape ``(response,)``."""

    positions: list[torch.Tensor]
    """Of prompt and response, for each response, shape ``(4, prompt + response)``."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Model inputs of a batch of `Rollouts`, one row each, and where its responses are."""

    input_ids: torch.Tensor
    """Shape ``(rows, length)``."""

    position_ids: torch.Tensor
    """Shape ``(4, rows, length)``."""

    attention_mask: torch.Tensor
    """Whether a position (third dimension) sees another (fourth), shape ``(rows, 1, length, length)``."""

    predicting: tuple[torch.Tensor, torch.Tensor]
    """Row and position of the token before each response token, in the order of the responses."""

    labels: torch.Tensor
    """The response tokens, joined."""


def pack(batch: Sequence[Rollouts]) -> Packed:
    """Return the model inputs of a batch, padded on the right with token 0."""
    joined = [torch.cat([rollouts.prompt, *rollouts.responses]) for rollouts in batch]
    segments = [segment_ids(rollouts) for rollouts in batch]
    positions = [join_positions(rollouts) for rollouts in batch]
    sources = [predicting_positions(rollouts) for rollouts in batch]
    rows = [torch.full_like(source, row) for row, source in enumerate(sources)]
    width = max(len(ids) for ids in joined)

    def stack(tensors: list[torch.Tensor], *, fill: int = 0, dim: int = 0) -> torch.Tensor:
        return torch.stack([pad(tensor, (0, width - tensor.shape[-1]), value=fill) for tensor in tensors], dim)

    return Packed(
        input_ids=stack(joined),
        position_ids=stack(positions, dim=1),
        attention_mask=visible(stack(segments, fill=PADDING)),
        predicting=(torch.cat(rows), torch.cat(sources)),
        labels=torch.cat([response for rollouts in batch for response in rollouts.responses]),
    )


def segment_ids(rollouts: Rollouts) -> torch.Tensor:
    """Return 0 for each prompt token and ``i`` for each token of the ``i``-th response."""
    lengths = torch.tensor([len(rollouts.prompt), *(len(response) for response in rollouts.responses)])
    return torch.repeat_interleave(torch.arange(len(lengths)), lengths)


def join_positions(rollouts: Rollouts) -> torch.Tensor:
    """Return the prompt's positions and then those of each response, shape ``(4, length)``."""
    start = len(rollouts.prompt)
    return torch.cat([rollouts.positions[0][:, :start], *(ids[:, start:] for ids in rollouts.positions)], dim=1)


def predicting_positions(rollouts: Rollouts) -> torch.Tensor:
    """Return where each response token is predicted: the prompt's end for the first, otherwise the token before."""
    before, sources = len(rollouts.prompt), []
    for response in rollouts.responses:
        sources += [len(rollouts.prompt) - 1, *range(before, before + len(response) - 1)]
        before += len(response)
    return torch.tensor(sources)


def visible(segments: torch.Tensor) -> torch.Tensor:
    """Return the attention mask ``(rows, 1, length, length)`` of segments ``(rows, length)``.

    Padding sees padding, as a row of the mask without any True makes NaN.
    """
    length = segments.shape[1]
    is_before = torch.ones(length, length, dtype=torch.bool).tril()
    is_same = segments[:, :, None] == segments[:, None, :]
    is_prompt = segments[:, None, :] == 0
    return (is_before & (is_same | is_prompt))[:, None]


def unpack(values: torch.Tensor, rollouts: Sequence[Rollouts]) -> torch.Tensor:
    """Return ``values``, one for each label, where verl reads them.

    Args:
        values: Shape ``(labels,)``.
        rollouts: What was packed.

    Returns:
        For each rollout a value for each of its tokens, all joined: that of a token is one place before
        it, with zeros for the prompt.
    """
    lengths = [(len(group.prompt), len(response)) for group in rollouts for response in group.responses]
    pieces = values.split([response for _, response in lengths])
    return torch.cat([pad(piece, (prompt - 1, 1)) for piece, (prompt, _) in zip(pieces, lengths, strict=True)])
