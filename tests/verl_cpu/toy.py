"""A tiny Qwen2.5-VL, made in a second."""

import random
from pathlib import Path

import torch
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
)

SPECIALS = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
]
CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


def words(count: int, *, seed: int) -> str:
    """Return ``count`` made-up words in one line."""
    rng = random.Random(seed)
    syllables = ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sta", "tre", "vi"]
    return " ".join("".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(count))


def write_tokenizer(vocab_size: int) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE with Qwen's special tokens, which take the first ids."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=SPECIALS, initial_alphabet=alphabet)
    bpe.train_from_iterator([words(20_000, seed=0), "user assistant is the square red"], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIALS[1:],
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def config(tokenizer: PreTrainedTokenizerFast, *, hidden_size: int, layers: int) -> Qwen2_5_VLConfig:
    """Return the configuration of a small Qwen2.5-VL with heads of 32."""
    token = dict(zip(SPECIALS, tokenizer.convert_tokens_to_ids(SPECIALS), strict=True))
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": hidden_size,
        "intermediate_size": 2 * hidden_size,
        "num_hidden_layers": layers,
        "num_attention_heads": hidden_size // 32,
        "num_key_value_heads": hidden_size // 64,
        "rope_parameters": {"rope_type": "default", "mrope_section": [4, 6, 6], "rope_theta": 1e4},
    }
    vision = {
        "depth": 2,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_heads": 4,
        "out_hidden_size": hidden_size,
        "fullatt_block_indexes": [1],
    }
    ends = {"eos_token_id": token["<|im_end|>"], "pad_token_id": token["<|endoftext|>"]}
    return Qwen2_5_VLConfig(
        text_config=text | ends,
        vision_config=vision,
        image_token_id=token["<|image_pad|>"],
        video_token_id=token["<|video_pad|>"],
        vision_start_token_id=token["<|vision_start|>"],
        vision_end_token_id=token["<|vision_end|>"],
        **ends,
    )


def write_model(folder: Path, *, vocab_size: int = 400, hidden_size: int = 64, layers: int = 2) -> None:
    """Write a random model with its processor, in fp32; equal arguments give equal weights."""
    tokenizer = write_tokenizer(vocab_size)
    torch.manual_seed(0)
    model = Qwen2_5_VLForConditionalGeneration(config(tokenizer, hidden_size=hidden_size, layers=layers))
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=56 * 56),
        tokenizer=tokenizer,
        video_processor=Qwen2VLVideoProcessor(),
        chat_template=CHAT_TEMPLATE,
    ).save_pretrained(folder)


def row(index: int, *, text_words: int) -> dict:
    """Return one row in verl's schema: every other one has an image."""
    text = words(text_words + index % 5, seed=index)
    colour = list(COLOURS)[index % 3]
    images = [Image.new("RGB", (56, 56), COLOURS[colour])] if index % 2 else []
    return {
        "data_source": "toy",
        "prompt": [{"role": "user", "content": "<image>" * len(images) + text}],
        "images": images,
        "ability": "toy",
        "reward_model": {"style": "rule", "ground_truth": colour},
        "extra_info": {"index": index},
    }
