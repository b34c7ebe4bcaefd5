"""Sampling from a Qwen2-VL family model for a whole batch of rollouts, equal on every run.

Pure: a rollout's completion depends on the weights, the set of rollouts and its own name, and not on their
order. Its log-probabilities are those of the policy that is trained, so of the full distribution at this
temperature: top-p and the ban on vision tokens shape the draw only.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Rollout:
    """One completion that is asked for. Equal fields, equal completion."""

    token_ids: tuple[int, ...]
    """The prompt, its image placeholders expanded."""

    images: tuple[Image, ...] = field(compare=False)
    """The prompt's images, in order."""

    image_digests: tuple[str, ...]
    """Digests by which the images of rollouts are compared: see `image_digest`."""

    step: int
    """Training step."""

    session: int
    """Which one of the rollouts of this prompt."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn, the same for all rollouts of a batch."""

    seed: int
    temperature: float
    """Divides the logits; 0 takes the most likely token."""

    top_p: float
    """Draw from the smallest set of tokens with this probability. In (0, 1]."""

    max_tokens: int
    eos_ids: tuple[int, ...]
    pad_id: int
    banned_ids: tuple[int, ...]
    """Never drawn: vision tokens, for which there would be no image."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What was drawn."""

    token_ids: list[int]
    """Up to and with the end token, if it was drawn in time."""

    log_probs: list[float]
    """One for each token."""


def image_digest(image: Image) -> str:
    """Return the SHA-256 of an image's mode, size and pixels."""
    header = f"{image.mode} {image.size} ".encode()
    return hashlib.sha256(header + image.tobytes()).hexdigest()


def order_key(rollout: Rollout) -> tuple:
    """Return what rollouts are sorted by: length first, so that neighbours need little padding."""
    token_ids = rollout.token_ids
    return len(token_ids), token_ids, rollout.image_digests, rollout.step, rollout.session


def uniforms(rollout: Rollout, sampling: Sampling) -> torch.Tensor:
    """Return the rollout's own random numbers in [0, 1), shape ``(max_tokens,)``."""
    name = repr((sampling.seed, order_key(rollout))).encode()
    seed = int.from_bytes(hashlib.sha256(name).digest()[:8])
    generator = torch.Generator().manual_seed(seed % 2**63)
    return torch.rand(sampling.max_tokens, generator=generator)


def draw(logits: torch.Tensor, uniform: torch.Tensor, sampling: Sampling) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw a token for each row by inverting the cumulative distribution.

    Args:
        logits: Shape ``(n, vocabulary)``, fp32.
        uniform: Shape ``(n,)``, in [0, 1).
        sampling: Temperature, top-p and banned tokens.

    Returns:
        Tokens and their log-probabilities, both of shape ``(n,)``.
    """
    scaled = logits / sampling.temperature if sampling.temperature else logits
    banned = torch.tensor(sampling.banned_ids, dtype=torch.long)
    allowed = scaled.index_fill(-1, banned, float("-inf"))
    if sampling.temperature:
        probs = keep_top_p(allowed.softmax(-1), sampling.top_p)
        # In fp64 an fp32 uniform below 1 stays below the total, so the search cannot run off the end.
        cumulative = probs.double().cumsum(-1)
        tokens = torch.searchsorted(cumulative, uniform[:, None] * cumulative[:, -1:], right=True)
    else:
        tokens = allowed.argmax(-1, keepdim=True)
    return tokens[:, 0], scaled.log_softmax(-1).gather(-1, tokens)[:, 0]


def keep_top_p(probs: torch.Tensor, top_p: float) -> torch.Tensor:
    """Return ``probs`` with zeros outside the smallest set that has ``top_p``; the likeliest always stays."""
    if top_p == 1.0:
        return probs
    ordered, indices = probs.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered
    return torch.zeros_like(probs).scatter(-1, indices, ordered.masked_fill(before >= top_p, 0.0))


def pad_left(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids and attention mask, shape ``(n, longest)``, the rows aligned at the end."""
    width = max(len(row) for row in rows)
    ids = torch.tensor([[pad_id] * (width - len(row)) + list(row) for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    return ids, mask
