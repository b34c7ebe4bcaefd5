"""Loading a guard's weights into an engine by the engine's name."""

from pathlib import Path
from typing import Any, Literal

from proguard.inference.engine import Engine

EngineName = Literal["transformers", "vllm"]


def load_engine(
    name: EngineName,
    guard: Path | str,
    *,
    max_new_tokens: int,
    max_prompt_tokens: int | None = None,
    runtime: dict[str, Any],
) -> Engine:
    """Load the guard's weights into an engine.

    Args:
        max_new_tokens: Most tokens of a completion, at least 1.
        max_prompt_tokens: Most tokens of a prompt, those of the image included; ``None`` leaves it to the model.
        runtime: Machine knobs: ``device`` and ``threads`` for transformers, keyword arguments of ``vllm.LLM`` under
            ``vllm``.
    """
    if name == "vllm":
        from proguard.inference.vllm_engine import VllmEngine

        return VllmEngine(
            guard,
            max_new_tokens=max_new_tokens,
            max_prompt_tokens=max_prompt_tokens,
            options=runtime.get("vllm") or {},
        )
    from proguard.inference.transformers_engine import TransformersEngine

    return TransformersEngine(
        guard,
        max_new_tokens=max_new_tokens,
        max_prompt_tokens=max_prompt_tokens,
        device=runtime["device"],
        threads=runtime["threads"],
    )
