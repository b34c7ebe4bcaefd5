"""Qwen2.5-VL models of published sizes with random weights, behind the tiny base's processor."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor, PretrainedConfig
from transformers.initialization import no_init_weights

ROOT = Path(__file__).parents[1]
TINY = ROOT / "data" / "tiny_base"
VISION = {"depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16}
WINDOWLESS_BLOCKS = [7, 15, 23, 31]


@dataclass(frozen=True, slots=True)
class Size:
    """The language model of a Qwen2.5-VL; the vision tower is that of all published sizes."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    mrope_section: tuple[int, int, int]
    """Half a head's width, split between time, height and width."""

    vocab_size: int = 151_936


SIZES = {
    # Of Qwen2.5-0.5B, as there is no Qwen2.5-VL of this size.
    "0.5B": Size(896, 4864, 24, 14, 2, (8, 12, 12)),
    "3B": Size(2048, 11008, 36, 16, 2, (16, 24, 24)),
    "7B": Size(3584, 18944, 28, 28, 4, (16, 24, 24)),
}


def make_config(size: Size) -> PretrainedConfig:
    """Return the configuration of a size; special tokens are the tiny base's."""
    config = AutoConfig.from_pretrained(TINY)
    text = {name: getattr(size, name) for name in Size.__slots__ if name != "mrope_section"}
    config.text_config.update(text)
    config.text_config.rope_parameters = {
        "rope_type": "default", "mrope_section": list(size.mrope_section), "rope_theta": 1_000_000.0,
    }  # fmt: skip
    config.text_config.layer_types = ["full_attention"] * size.num_hidden_layers
    config.vision_config.update({**VISION, "out_hidden_size": size.hidden_size})
    config.vision_config.fullatt_block_indexes = WINDOWLESS_BLOCKS
    return config


def count_parameters(config: PretrainedConfig) -> int:
    """Return the number of parameters of the language model; its embedding is tied to the output and counted once."""
    with torch.device("meta"), no_init_weights():
        model = AutoModelForImageTextToText.from_config(config)
    return sum(p.numel() for p in model.model.language_model.parameters())


def write_random_model(size: Size, folder: Path, *, device: str, dtype: torch.dtype = torch.bfloat16) -> None:
    """Write the model and a processor whose vocabulary is as large as the model's."""
    torch.manual_seed(0)
    with torch.device(device):
        model = AutoModelForImageTextToText.from_config(make_config(size), dtype=dtype)
    model.save_pretrained(folder)
    AutoProcessor.from_pretrained(TINY).save_pretrained(folder)
    fill_vocabulary(folder / "tokenizer.json", size.vocab_size)


def fill_vocabulary(tokenizer: Path, n: int) -> None:
    """Name every id below ``n`` that has no token, so that no sampler masks it; encoding never gives these tokens.

    verl masks the logits behind the tokenizer's last token while it samples, and the trainer does not.
    """
    content = json.loads(tokenizer.read_text(encoding="utf-8"))
    vocabulary = content["model"]["vocab"]
    taken = {*vocabulary.values(), *(token["id"] for token in content["added_tokens"])}
    vocabulary |= {f"<filler {i}>": i for i in range(n) if i not in taken}
    tokenizer.write_text(json.dumps(content), encoding="utf-8")
