"""Hand-set weights of an induction head, so that the tiny model looks up the id of a name from the start.

To read an id next to a name, a transformer needs a head that looks back a token or two, and in the next layer one that
attends to the token whose predecessors equal the current tokens, and copies it. Gradient descent finds this pair late
or never at this size; from this start it keeps and refines it.
Source: Olsson et al. 2022, "In-context Learning and Induction Heads", arXiv 2209.11895.
"""

import torch
from transformers import Qwen2_5_VLForConditionalGeneration

N_FAST_PAIRS = 4
"""Rotary pairs, of those of a head, that tell neighbours apart; the slower ones hardly turn within a prompt."""

_LOOK_BACK_LOGIT = 28.0
"""Attention logit of the token that a head looks back to; its neighbours get some 3 less."""

_MATCH_SCALE = 1.6
_BACK_SCALE = 0.06
_COPY_SCALE = 0.5
_RESIDUAL_SCALE = 0.3


@torch.no_grad()
def install_induction(model: Qwen2_5_VLForConditionalGeneration) -> None:
    """Write an induction head for two tokens of context into the first two layers of a fresh ``model``.

    The residual stream is divided: tokens in its first half, the token before in the third quarter, the one before that
    in the last. Needs four heads and two key-value heads, each a quarter of the stream wide.
    """
    text = model.config.text_config
    size, width = text.hidden_size, text.hidden_size // text.num_attention_heads
    half = size // 2
    for layer in model.model.language_model.layers:
        layer.self_attn.o_proj.weight *= _RESIDUAL_SCALE
        layer.mlp.down_proj.weight *= _RESIDUAL_SCALE
    embedding = model.model.language_model.embed_tokens.weight
    embedding[:, :half] *= 2**0.5
    embedding[:, half:] *= 0.1
    first, second = (layer.self_attn for layer in model.model.language_model.layers[:2])
    read = _draw_projection(width, half)
    for head in (0, 1):
        _look_back(first, head, offset=head + 1, width=width, theta=text.rope_parameters["rope_theta"])
        _set_block(first.o_proj.weight, (half + head * width, head * width), _BACK_SCALE * torch.eye(width))
    _set_rows(first.v_proj.weight, 0, read)
    slow = _slow_pairs(width)[:, None] * _MATCH_SCALE
    here, back, back_two = (torch.zeros(width, size) for _ in range(3))
    here[:, :half] = read
    back[:, half : half + width] = torch.eye(width)
    back_two[:, half + width :] = torch.eye(width)
    for head, key_head, query, key in ((0, 0, here, back), (2, 1, back, back_two)):
        _set_rows(second.q_proj.weight, head * width, slow * query)
        _set_rows(second.k_proj.weight, key_head * width, slow * key)
        copy = _draw_projection(width, half)
        _set_rows(second.v_proj.weight, key_head * width, copy)
        _set_block(second.o_proj.weight, (0, head * width), _COPY_SCALE * copy.T)


def _look_back(attention: torch.nn.Module, head: int, *, offset: int, width: int, theta: float) -> None:
    """Make a query head of the first key head attend to the token ``offset`` places before.

    Rotary positions turn pair ``k`` of a query or key at position ``p`` by ``p * f_k``. With biases alone the logit is
    then ``sum_k cos((distance - offset) * f_k)``, highest at the offset.
    """
    pairs = torch.arange(width // 2)
    frequency = theta ** (-pairs / len(pairs))
    amplitude = torch.where(pairs < N_FAST_PAIRS, (_LOOK_BACK_LOGIT * width**0.5 / N_FAST_PAIRS) ** 0.5, 0.0)
    angle = -offset * frequency
    rows = slice(head * width, (head + 1) * width)
    attention.q_proj.bias[rows] = torch.cat([amplitude * angle.cos(), amplitude * angle.sin()])
    attention.q_proj.weight[rows] *= 0.1
    attention.k_proj.bias[:width] = torch.cat([amplitude, torch.zeros_like(amplitude)])
    if head == 0:
        attention.k_proj.weight[:width] *= 0.1


def _slow_pairs(width: int) -> torch.Tensor:
    """Return 1 for the dimensions of a head that hardly turn with position and 0 for the others: ``(width,)``."""
    pair = torch.arange(width) % (width // 2)
    return (pair >= N_FAST_PAIRS).float()


def _draw_projection(n_rows: int, n_columns: int) -> torch.Tensor:
    """Draw a matrix with orthonormal rows from torch's global generator."""
    return torch.linalg.qr(torch.randn(n_columns, n_rows))[0].T.contiguous()


def _set_rows(weight: torch.Tensor, start: int, rows: torch.Tensor) -> None:
    weight[start : start + rows.shape[0]] = 0.0
    weight[start : start + rows.shape[0], : rows.shape[1]] = rows


def _set_block(weight: torch.Tensor, corner: tuple[int, int], block: torch.Tensor) -> None:
    row, column = corner
    weight[:, column : column + block.shape[1]] = 0.0
    weight[row : row + block.shape[0], column : column + block.shape[1]] = block
