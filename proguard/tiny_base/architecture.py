"""The tiny model's shape: Qwen2.5-VL as published, made small, and its processor.

An image of 56 x 56 pixels is 4 visual tokens, a larger one 4 to 16.
"""

from typing import Any

from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
)

from proguard.tiny_base.induction import install_induction
from proguard.tiny_base.tokenizer import END_OF_TURN, IMAGE_PAD, PADDING

_MIN_PIXELS = 56 * 56
_MAX_PIXELS = 112 * 112
_INITIALIZER_RANGE = 0.06

_CHAT_TEMPLATE = """\
{%- for message in messages -%}
<|im_start|>{{ message['role'] }}
{% if message['content'] is string %}{{ message['content'] }}{% else %}
{%- for part in message['content'] -%}
{%- if part['type'] == 'image' or 'image' in part -%}
<|vision_start|><|image_pad|><|vision_end|>
{%- elif part['type'] == 'video' or 'video' in part -%}
<|vision_start|><|video_pad|><|vision_end|>
{%- elif 'text' in part -%}
{{ part['text'] }}
{%- endif -%}
{%- endfor -%}
{%- endif %}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif -%}"""


def make_processor(tokenizer: PreTrainedTokenizerFast) -> Qwen2_5_VLProcessor:
    """Return the processor that turns messages and images into the model's inputs."""
    tokenizer.chat_template = _CHAT_TEMPLATE
    size = {"shortest_edge": _MIN_PIXELS, "longest_edge": _MAX_PIXELS}
    return Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(size=size),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(),
        chat_template=_CHAT_TEMPLATE,
    )


def make_model(
    tokenizer: PreTrainedTokenizerFast, *, hidden_size: int, n_layers: int, vision_size: int, vision_depth: int
) -> Qwen2_5_VLForConditionalGeneration:
    """Return a fresh model in fp32, drawn from torch's global generator.

    Args:
        tokenizer: Gives the vocabulary and the ids of the special tokens.
        hidden_size: Width of the language model; `install_induction` needs 128.
        n_layers: Layers of the language model, at least 2.
        vision_size: Width of the vision tower, a multiple of 16.
        vision_depth: Layers of the vision tower.
    """
    ends = {
        "bos_token_id": tokenizer.convert_tokens_to_ids(PADDING),
        "eos_token_id": tokenizer.convert_tokens_to_ids(END_OF_TURN),
        "pad_token_id": tokenizer.convert_tokens_to_ids(PADDING),
    }
    common = {"tie_word_embeddings": True, "initializer_range": _INITIALIZER_RANGE}
    config = Qwen2_5_VLConfig(
        text_config=_text_config(hidden_size, n_layers) | {"vocab_size": len(tokenizer)} | ends | common,
        vision_config=_vision_config(vision_size, vision_depth) | {"out_hidden_size": hidden_size},
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE_PAD),
        video_token_id=tokenizer.convert_tokens_to_ids("<|video_pad|>"),
        vision_start_token_id=tokenizer.convert_tokens_to_ids("<|vision_start|>"),
        vision_end_token_id=tokenizer.convert_tokens_to_ids("<|vision_end|>"),
        **ends,
        **common,
    )
    model = Qwen2_5_VLForConditionalGeneration(config)
    install_induction(model)
    model.generation_config.update(**ends)
    return model


def _text_config(hidden_size: int, n_layers: int) -> dict[str, Any]:
    return {
        "hidden_size": hidden_size,
        "intermediate_size": 2 * hidden_size,
        "num_hidden_layers": n_layers,
        "num_attention_heads": hidden_size // 32,
        "num_key_value_heads": hidden_size // 64,
        "max_position_embeddings": 4096,
        "rope_parameters": {"rope_type": "default", "mrope_section": [4, 6, 6], "rope_theta": 1_000_000.0},
    }


def _vision_config(vision_size: int, vision_depth: int) -> dict[str, Any]:
    return {
        "depth": vision_depth,
        "hidden_size": vision_size,
        "intermediate_size": 2 * vision_size,
        "num_heads": vision_size // 16,
        "fullatt_block_indexes": list(range(vision_depth)),
        "patch_size": 14,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "window_size": 112,
        "initializer_range": _INITIALIZER_RANGE,
    }
