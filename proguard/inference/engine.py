"""What an inference engine is: prompts in, completions out. `transformers` runs anywhere, `vllm` on a GPU."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Query:
    """One prompt."""

    messages: list[dict[str, str]]
    """System and user message, with `proguard.prompt.IMAGE_PLACEHOLDER` where the image goes."""

    image: bytes | None
    """Encoded image; ``None`` when the prompt has no placeholder."""


class PromptTooLongError(ValueError):
    """Some prompts of a call have more tokens than the engine was told to take; nothing was completed."""

    def __init__(self, indices: Sequence[int], limit: int) -> None:
        """Name the prompts by their ``indices`` in the call."""
        super().__init__(f"{len(indices)} prompts have more than {limit} tokens")
        self.indices = frozenset(indices)


class Engine(Protocol):
    """A loaded guard."""

    def complete(self, queries: Sequence[Query]) -> list[str]:
        """Return the greedy completion of each query, special tokens left out.

        Raises:
            PromptTooLongError: When the engine has a limit and a prompt exceeds it.
        """
        ...


def check_lengths(lengths: Sequence[int], limit: int | None) -> None:
    """Raise `PromptTooLongError` when one of ``lengths``, in tokens, is more than ``limit``; ``None`` is no limit."""
    if limit is not None and (too_long := [i for i, length in enumerate(lengths) if length > limit]):
        raise PromptTooLongError(too_long, limit)
