"""Completions through `transformers`: any vision-language model that `AutoModelForImageTextToText` loads."""

import io
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

from proguard.inference.engine import Query, check_lengths
from proguard.prompt import chat_messages

_VISION_TOKENS = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")


class TransformersEngine:
    """A guard in memory, decoding greedily."""

    def __init__(
        self,
        guard: Path | str,
        *,
        max_new_tokens: int,
        max_prompt_tokens: int | None = None,
        device: str,
        threads: int,
    ) -> None:
        """Load the model folder ``guard``; ``device`` ``auto`` takes a GPU when there is one."""
        torch.set_num_threads(threads)
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype = torch.bfloat16 if device.startswith("cuda") else torch.float32
        self._processor = AutoProcessor.from_pretrained(guard)
        self._processor.tokenizer.padding_side = "left"
        model = AutoModelForImageTextToText.from_pretrained(guard, dtype=dtype)
        self._model = model.to(device).eval()
        self._max_new_tokens = max_new_tokens
        self._max_prompt_tokens = max_prompt_tokens
        ids = (getattr(model.config, name, None) for name in _VISION_TOKENS)
        self._suppressed = [i for i in ids if i is not None]

    @torch.inference_mode()
    def complete(self, queries: Sequence[Query]) -> list[str]:
        """Return the greedy completion of each query; all are one batch, padded on the left."""
        texts = [
            self._processor.apply_chat_template(chat_messages(q.messages), tokenize=False, add_generation_prompt=True)
            for q in queries
        ]
        images = [Image.open(io.BytesIO(q.image)).convert("RGB") for q in queries if q.image is not None]
        inputs = self._processor(text=texts, images=images or None, padding=True, return_tensors="pt").to(
            self._model.device
        )
        check_lengths(inputs["attention_mask"].sum(1).tolist(), self._max_prompt_tokens)
        generated = self._model.generate(
            **inputs,
            max_new_tokens=self._max_new_tokens,
            do_sample=False,
            suppress_tokens=self._suppressed or None,
        )
        return self._processor.batch_decode(generated[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
