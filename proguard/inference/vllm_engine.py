"""Completions through vLLM, for guards of billions of parameters on a GPU."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from transformers import AutoProcessor

from proguard.inference.engine import Query, check_lengths
from proguard.prompt import chat_messages


class VllmEngine:
    """A guard served in process, decoding greedily; vLLM batches by itself."""

    def __init__(
        self, guard: Path | str, *, max_new_tokens: int, max_prompt_tokens: int | None = None, options: dict[str, Any]
    ) -> None:
        """Load the model folder ``guard``; ``options`` go to ``vllm.LLM``.

        Raises:
            ImportError: When vllm is not installed, or fails to import a module that it needs; the message says which.
        """
        try:
            from vllm import LLM, SamplingParams
        except ImportError as error:
            raise ImportError(_why_no_vllm(error)) from error
        self._processor = AutoProcessor.from_pretrained(guard)
        self._llm = LLM(str(guard), limit_mm_per_prompt={"image": 1}, **options)
        self._max_prompt_tokens = max_prompt_tokens
        self._sampling = SamplingParams(temperature=0.0, max_tokens=max_new_tokens)

    def complete(self, queries: Sequence[Query]) -> list[str]:
        """Return the greedy completion of each query."""
        prompts = []
        for query in queries:
            text = self._processor.apply_chat_template(
                chat_messages(query.messages), tokenize=False, add_generation_prompt=True
            )
            prompt: dict[str, Any] = {"prompt": text}
            if query.image is not None:
                image = Image.open(io.BytesIO(query.image)).convert("RGB")
                prompt["multi_modal_data"] = {"image": image}
            prompts.append(prompt)
        lengths = [len(self._processor.tokenizer(p["prompt"])["input_ids"]) for p in prompts]
        check_lengths(lengths, self._max_prompt_tokens)
        outputs = self._llm.generate(prompts, self._sampling, use_tqdm=False)
        return [output.outputs[0].text for output in outputs]


def _why_no_vllm(error: ImportError) -> str:
    """Return what to do about a failed import of vllm: install it, or what it needs and did not find."""
    if isinstance(error, ModuleNotFoundError) and error.name == "vllm":
        return "engine vllm is not installed: pip install 'proguard[gpu]'"
    return f"engine vllm is installed, but does not import: {error}"
