"""What an inference engine is: prompts in, completions out. `transformers` runs anywhere, `vllm` on a GPU."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

EngineName = Literal["transformers", "vllm"]


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


def load_engine(name: EngineName, guard: Path | str, *, max_new_tokens: int, runtime: dict[str, Any]) -> Engine:
    """Load the guard's weights into an engine.

    Args:
        max_new_tokens: Most tokens of a completion, at least 1.
        runtime: Machine knobs: ``device`` and ``threads`` for transformers, keyword arguments of ``vllm.LLM`` under
            ``vllm``.
    """
    if name == "vllm":
        from proguard.predict.vllm_engine import VllmEngine

        return VllmEngine(guard, max_new_tokens=max_new_tokens, options=runtime.get("vllm") or {})
    from proguard.predict.transformers_engine import TransformersEngine

    return TransformersEngine(
        guard, max_new_tokens=max_new_tokens, device=runtime["device"], threads=runtime["threads"]
    )
