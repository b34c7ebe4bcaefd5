"""Completions through `transformers`: vision-language models, and models of text alone."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoModelForImageTextToText, LogitsProcessor

from proguard.inference.chat import Chat
from proguard.inference.engine import Completion, Dtype, Query, check_lengths
from proguard.inference.token_scores import may_begin, score_mark
from proguard.storage.image import decode_image

_VISION_TOKENS = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")


class TransformersEngine:
    """A guard in memory, decoding greedily."""

    def __init__(
        self,
        guard: Path | str,
        *,
        max_new_tokens: int,
        dtype: Dtype = "float32",
        max_prompt_tokens: int | None = None,
        device: str,
        threads: int,
        remote_code: bool = False,
    ) -> None:
        """Load the model folder ``guard``.

        Args:
            max_new_tokens: Most tokens of a completion, at least 1.
            dtype: Number format of the weights.
            max_prompt_tokens: Most tokens of a prompt, those of the image included; ``None`` leaves it to the model.
            device: ``auto`` takes a GPU when there is one.
            threads: Threads of a forward pass on a CPU.
            remote_code: Whether code of the model's folder may run.
        """
        torch.set_num_threads(threads)
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        self._chat = Chat(guard, remote_code=remote_code)
        self._tokenizer = self._chat.tokenizer
        self._tokenizer.padding_side = "left"
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        kind = AutoModelForImageTextToText if self._chat.sees_images else AutoModelForCausalLM
        model = kind.from_pretrained(guard, dtype=getattr(torch, dtype), trust_remote_code=remote_code)
        self._model = model.to(device).eval()
        self._max_new_tokens = max_new_tokens
        self._max_prompt_tokens = max_prompt_tokens
        ids = (getattr(model.config, name, None) for name in _VISION_TOKENS)
        self._suppressed = [i for i in ids if i is not None]

    @torch.inference_mode()
    def complete(self, queries: Sequence[Query]) -> list[Completion]:
        """Return the greedy completion of each query; all are one batch, padded on the left.

        Raises:
            PromptTooLongError: When a prompt exceeds the limit.
            ValueError: When some are chats and some raw prompts: only a raw prompt gets a first token of its own.
        """
        if len({isinstance(query.messages, str) for query in queries}) > 1:
            raise ValueError("a batch holds chats or raw prompts, found both")
        inputs = self._tokenize(queries)
        check_lengths(inputs["attention_mask"].sum(1).tolist(), self._max_prompt_tokens)
        recorder = _Recorder(self._ids_of_words(queries))
        generated = self._model.generate(
            **inputs,
            max_new_tokens=self._max_new_tokens,
            do_sample=False,
            suppress_tokens=self._suppressed or None,
            pad_token_id=self._tokenizer.pad_token_id,
            logits_processor=[recorder] if recorder.ids else [],
        )
        written = generated[:, inputs["input_ids"].shape[1] :]
        texts = self._tokenizer.batch_decode(written, skip_special_tokens=True)
        return [
            Completion(
                query.prefill + text,
                "stop" if self._has_ended(ids) else "length",
                self._score(query, ids, recorder, index),
            )
            for index, (query, text, ids) in enumerate(zip(queries, texts, written.tolist(), strict=True))
        ]

    def _tokenize(self, queries: Sequence[Query]) -> Mapping[str, torch.Tensor]:
        is_raw = isinstance(queries[0].messages, str)
        texts = [self._chat.render(query) for query in queries]
        content = [query.image for query in queries if query.image is not None]
        images = {"images": [decode_image(c).for_model() for c in content]} if content else {}
        inputs = self._chat.processor(
            text=texts, **images, padding=True, return_tensors="pt", add_special_tokens=is_raw
        )
        return inputs.to(self._model.device)

    def _ids_of_words(self, queries: Sequence[Query]) -> list[int]:
        """Return the tokens that could begin a word of any mark."""
        words = sorted({word for query in queries for mark in query.marks for word in mark.words})
        return [i for i, token in enumerate(self._vocabulary) if may_begin(token, words)] if words else []

    @cached_property
    def _vocabulary(self) -> list[str]:
        return self._tokenizer.batch_decode([[i] for i in range(len(self._tokenizer))])

    def _has_ended(self, ids: Sequence[int]) -> bool:
        ends = self._model.generation_config.eos_token_id
        ends = {ends} if isinstance(ends, int) else set(ends or ())
        return len(ids) < self._max_new_tokens or not ends.isdisjoint(ids)

    def _score(
        self, query: Query, ids: Sequence[int], recorder: "_Recorder", row: int
    ) -> tuple[Mapping[str, float] | None, ...]:
        if not query.marks:
            return ()
        tokens = [self._vocabulary[i] for i in ids]
        return tuple(score_mark(tokens, lambda i: recorder.at(i, row, self._vocabulary), mark) for mark in query.marks)


class _Recorder(LogitsProcessor):
    """Keeps the probabilities of some tokens at every step, and changes none."""

    def __init__(self, ids: Sequence[int]) -> None:
        self.ids = list(ids)
        self._steps: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self._steps.append(scores.float().softmax(dim=-1)[:, self.ids].cpu())
        return scores

    def at(self, step: int, row: int, vocabulary: Sequence[str]) -> dict[str, float]:
        """Return the probabilities at one step by the tokens' text."""
        found: dict[str, float] = {}
        for i, probability in zip(self.ids, self._steps[step][row].tolist(), strict=True):
            found[vocabulary[i]] = found.get(vocabulary[i], 0.0) + probability
        return found
