"""Completions through vLLM, for guards of billions of parameters on a GPU."""

import re
from collections.abc import Mapping, Sequence
from math import exp
from pathlib import Path
from typing import Any

from proguard.inference.chat import Chat
from proguard.inference.engine import Completion, Dtype, Finish, Query, check_lengths
from proguard.inference.sockets import shorten_socket_paths
from proguard.inference.token_scores import score_mark
from proguard.storage.image import decode_image

N_LOGPROBS = 20
"""Most likely tokens of a position that vLLM returns by default; a word outside them has no probability."""

_LIBRARY = re.compile(r"shared object|undefined symbol|\.so\b")
"""What the error of a library that cannot be loaded says; that of a file of the model does not."""


class VllmEngine:
    """A guard served in process, decoding greedily; vLLM batches by itself."""

    def __init__(
        self,
        guard: Path | str,
        *,
        max_new_tokens: int,
        dtype: Dtype = "float32",
        max_prompt_tokens: int | None = None,
        options: dict[str, Any],
        remote_code: bool = False,
    ) -> None:
        """Load the model folder ``guard``; ``options`` go to ``vllm.LLM``.

        Raises:
            ImportError: When vllm is not installed, or fails to import a module or a library that it needs, now or
                while it loads the model; the message says which.
        """
        shorten_socket_paths()
        try:
            from vllm import LLM, SamplingParams
        except Exception as error:
            # The import runs code of torch, CUDA and vLLM's platforms, which raises whatever it likes.
            raise ImportError(_why_no_vllm(error)) from error
        self._chat = Chat(guard, remote_code=remote_code)
        images = {"limit_mm_per_prompt": {"image": 1}} if self._chat.sees_images else {}
        try:
            self._llm = LLM(str(guard), dtype=dtype, trust_remote_code=remote_code, **images, **options)
        except (ImportError, OSError) as error:
            # vLLM imports kernels and libraries when it knows the model and the device.
            if isinstance(error, ImportError) or _LIBRARY.search(str(error)):
                raise ImportError(_why_no_vllm(error)) from error
            raise
        self._max_prompt_tokens = max_prompt_tokens
        self._sampling = lambda n: SamplingParams(temperature=0.0, max_tokens=max_new_tokens, logprobs=n)

    def complete(self, queries: Sequence[Query]) -> list[Completion]:
        """Return the greedy completion of each query."""
        texts = [self._chat.render(query) for query in queries]
        ids = [self._tokenize(query, text) for query, text in zip(queries, texts, strict=True)]
        check_lengths([len(i) for i in ids], self._max_prompt_tokens)
        prompts = [self._prompt(*each) for each in zip(queries, texts, ids, strict=True)]
        sampling = [self._sampling(N_LOGPROBS if query.marks else None) for query in queries]
        outputs = self._llm.generate(prompts, sampling, use_tqdm=False)
        return [_read(query, output.outputs[0]) for query, output in zip(queries, outputs, strict=True)]

    def _tokenize(self, query: Query, text: str) -> list[int]:
        """Return a prompt's tokens; a chat template brings the first token of the model, a raw prompt does not."""
        return self._chat.tokenizer(text, add_special_tokens=isinstance(query.messages, str))["input_ids"]

    def _prompt(self, query: Query, text: str, ids: list[int]) -> dict[str, Any]:
        if not self._chat.sees_images:
            return {"prompt_token_ids": ids}
        prompt: dict[str, Any] = {"prompt": text}
        if query.image is not None:
            prompt["multi_modal_data"] = {"image": decode_image(query.image).for_model()}
        return prompt


def _read(query: Query, output: Any) -> Completion:
    """Return what vLLM's `CompletionOutput` holds."""
    steps = output.logprobs or []
    tokens = [step[i].decoded_token or "" for step, i in zip(steps, output.token_ids, strict=False)]

    def candidates(index: int) -> Mapping[str, float]:
        found: dict[str, float] = {}
        for token in steps[index].values():
            text = token.decoded_token or ""
            found[text] = found.get(text, 0.0) + exp(token.logprob)
        return found

    finish: Finish = "length" if output.finish_reason == "length" else "stop"
    return Completion(
        query.prefill + output.text, finish, tuple(score_mark(tokens, candidates, mark) for mark in query.marks)
    )


def _why_no_vllm(error: Exception) -> str:
    """Return what to do about a failed import of vllm: install it, or what it needs and did not find."""
    if isinstance(error, ModuleNotFoundError) and error.name == "vllm":
        return "engine vllm is not installed: pip install 'proguard[gpu]'"
    kind = "" if isinstance(error, ImportError) else f"{type(error).__name__}: "
    said = kind + str(error).strip().partition("\n")[0]
    return f"engine vllm is installed, but does not import: {said}; requirements-gpu.lock has versions that fit"
