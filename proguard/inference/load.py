"""Loading a guard's weights into an engine by the engine's name."""

from pathlib import Path
from typing import Any, Literal

from proguard.inference.engine import Dtype, Engine
from proguard.inference.weights import find_model

EngineName = Literal["transformers", "vllm"]


def load_engine(
    name: EngineName,
    guard: Path | str,
    *,
    max_new_tokens: int,
    dtype: Dtype = "float32",
    max_prompt_tokens: int | None = None,
    runtime: dict[str, Any],
    revision: str | None = None,
    remote_code: bool = False,
) -> Engine:
    """Load the guard's weights into an engine, downloaded when they are on the hub.

    Args:
        name: Which engine.
        guard: Folder of the model, or its name on the hub.
        max_new_tokens: Most tokens of a completion, at least 1.
        dtype: Number format of the weights.
        max_prompt_tokens: Most tokens of a prompt, those of the image included; ``None`` leaves it to the model.
        runtime: Machine knobs: ``device`` and ``threads`` for transformers, keyword arguments of ``vllm.LLM`` under
            ``vllm``.
        revision: Commit on the hub; ``None`` for a folder.
        remote_code: Whether code of the model's folder may run.

    Raises:
        ValueError: When there is neither a folder nor a pinned commit.
    """
    guard = find_model(str(guard), revision)
    options: dict[str, Any] = {
        "max_new_tokens": max_new_tokens,
        "max_prompt_tokens": max_prompt_tokens,
        "dtype": dtype,
        "remote_code": remote_code,
    }
    if name == "vllm":
        from proguard.inference.vllm_engine import VllmEngine

        return VllmEngine(guard, **options, options=runtime.get("vllm") or {})
    from proguard.inference.transformers_engine import TransformersEngine

    return TransformersEngine(guard, **options, device=runtime["device"], threads=runtime["threads"])
