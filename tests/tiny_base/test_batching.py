import random

import pytest
from PIL import Image

from proguard.taxonomy import load_taxonomy
from proguard.tiny_base.architecture import make_processor
from proguard.tiny_base.batching import make_batch
from proguard.tiny_base.lesson import draw_description, draw_moderation
from proguard.tiny_base.teacher import SKILLED
from proguard.tiny_base.tokenizer import IMAGE_PAD, train_tokenizer

TAXONOMY = load_taxonomy("data/taxonomy.yaml")
PROCESSOR = make_processor(train_tokenizer(TAXONOMY, vocab_size=4000))


def test_make_batch_targets_decode_to_completions():
    rng = random.Random(0)
    lessons = [draw_moderation(TAXONOMY, SKILLED, shuffle_share=0.5, rng=rng) for _ in range(8)]
    batch = make_batch(lessons, PROCESSOR)
    written = [PROCESSOR.tokenizer.decode(t[m]) for t, m in zip(batch.targets, batch.mask, strict=True)]
    assert written == [lesson.completion + "<|im_end|>" for lesson in lessons]


def test_make_batch_completions_end_the_inputs():
    batch = make_batch([draw_description(rng=random.Random(i)) for i in range(3)], PROCESSOR)
    width = batch.targets.shape[1]
    assert (batch.inputs["input_ids"][:, -width:] == batch.targets).all()
    assert len({value.shape[1] for key, value in batch.inputs.items() if key.endswith(("ids", "mask"))}) == 1


@pytest.mark.parametrize(("side", "tokens"), [(56, 4), (40, 4), (112, 16), (760, 16)])
def test_make_processor_image_is_4_to_16_tokens(side, tokens):
    inputs = PROCESSOR(
        text=["<|vision_start|><|image_pad|><|vision_end|>"],
        images=[Image.new("RGB", (side, side))],
        return_tensors="pt",
    )
    pad = PROCESSOR.tokenizer.convert_tokens_to_ids(IMAGE_PAD)
    assert (inputs["input_ids"] == pad).sum() == tokens
