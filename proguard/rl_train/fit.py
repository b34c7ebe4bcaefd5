"""Which rows fit into a prompt, counted before verl starts, so that verl drops none unseen.

The count follows verl 0.9.1 (verl/utils/dataset/rl_dataset.py, maybe_filter_out_long_prompts), but of an image it reads
the size only, which determines its number of tokens.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

from proguard.prompt import chat_messages
from proguard.rl_train.config import GrpoConfig

if TYPE_CHECKING:
    from transformers import ProcessorMixin

Reason = Literal["prompt_too_long", "image_unusable"]


@dataclass(frozen=True, slots=True)
class Kept:
    """How many training rows fit."""

    given: int
    dropped: Mapping[Reason, int]
    """Rows that do not fit, by reason."""

    @property
    def kept(self) -> int:
        """Rows that verl trains on."""
        return self.given - sum(self.dropped.values())

    def to_json(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return {"given": self.given, "kept": self.kept, "dropped": dict(self.dropped)}


@dataclass(frozen=True, slots=True)
class PromptLimit:
    """Decides whether a row fits."""

    processor: "ProcessorMixin"
    """The base model's."""

    max_tokens: int

    max_dropped_share: float
    """Largest share of rows that may be dropped, in [0, 1]."""

    def why_not(self, messages: list[dict[str, str]], image: bytes | None) -> Reason | None:
        """Return why a prompt does not fit; ``None`` when it does."""
        try:
            image_tokens = count_image_tokens(self.processor, image)
        except Exception:  # Whatever a decoder raises; verl drops such a row too.
            return "image_unusable"
        tokens = count_text_tokens(self.processor, messages) + image_tokens
        return "prompt_too_long" if tokens > self.max_tokens else None

    def check_share(self, kept: Kept) -> None:
        """Raise when too many rows do not fit.

        Raises:
            ValueError: When more than ``max_dropped_share`` of the rows were dropped, or none is left.
        """
        dropped = kept.given - kept.kept
        if dropped > self.max_dropped_share * kept.given or not kept.kept:
            reasons = ", ".join(f"{reason}: {n}" for reason, n in sorted(kept.dropped.items()))
            raise ValueError(
                f"rl_train.max_dropped_share: {dropped} of {kept.given} training rows do not fit ({reasons}), a share "
                f"above {self.max_dropped_share:g}; raise rl_train.max_prompt_length, or set prompt.max_chars"
            )


def load_limit(base_model: Path, config: GrpoConfig) -> PromptLimit:
    """Return the limit of prompts for a base model's folder."""
    from transformers import AutoProcessor

    processor = AutoProcessor.from_pretrained(base_model)
    return PromptLimit(processor, config.max_prompt_length, config.max_dropped_share)


def count_text_tokens(processor: "ProcessorMixin", messages: list[dict[str, str]]) -> int:
    """Return the number of tokens of a prompt, without those of its image."""
    chat = chat_messages(messages)
    text = processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    has_image = any(part["type"] == "image" for message in chat for part in message["content"])
    # verl adds special tokens to multimodal prompts only. The placeholder of the image is one token of the text.
    ids = processor.tokenizer(text, add_special_tokens=has_image, return_attention_mask=False)["input_ids"]
    return len(ids) - has_image


def count_image_tokens(processor: "ProcessorMixin", content: bytes | None) -> int:
    """Return the number of tokens of an image, 0 for none.

    Args:
        content: An encoded image, of which only the header is read. As in verl, qwen_vl_utils resizes it first and the
            processor again.

    Raises:
        ValueError: When one side is more than 200 times the other.
        OSError: When there is no image in ``content``.
    """
    if content is None:
        return 0
    from qwen_vl_utils.vision_process import SPATIAL_MERGE_SIZE, smart_resize

    with Image.open(io.BytesIO(content)) as image:
        width, height = image.size
    image_processor = processor.image_processor
    height, width = smart_resize(height, width, factor=image_processor.patch_size * SPATIAL_MERGE_SIZE)
    return image_processor.get_number_of_image_patches(height, width, {}) // image_processor.merge_size**2
