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


class Engine(Protocol):
    """A loaded guard."""

    def complete(self, queries: Sequence[Query]) -> list[str]:
        """Return the greedy completion of each query, special tokens left out."""
        ...
