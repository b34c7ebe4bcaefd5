"""Which rows fit into a prompt: the same ones that verl would keep."""

import io

import pytest
from PIL import Image
from transformers.image_utils import SizeDict

from proguard.rl_train.fit import Kept, PromptLimit, count_image_tokens, count_text_tokens, load_limit
from tests.rl_train.test_overrides import CONFIG
from tools.closure import ROOT

BASE = ROOT / "data" / "tiny_base"
SIZES = [(28, 28), (1, 1), (56, 56), (57, 83), (640, 480), (2000, 11), (3, 500), (900, 700)]
TEXTS = ["how are you", "how are you " * 9, "a <user> tag", "\u0905\u0928\u0941\u0935\u093e\u0926 \U0001f600"]


def picture(size, form="PNG"):
    content = io.BytesIO()
    Image.new("RGB", size, "red").save(content, form)
    return content.getvalue()


def messages(text, has_image=False):
    return [{"role": "system", "content": "text C1"}, {"role": "user", "content": "<image>" * has_image + text}]


@pytest.fixture(scope="module")
def processor():
    return load_limit(BASE, CONFIG).processor


@pytest.fixture(params=[None, (4 * 28**2, 16384 * 28**2)], ids=["tiny", "qwen2.5-vl-7b"])
def any_processor(request):
    """The tiny base's processor, with its own bounds of an image's pixels or with those of the 7B model."""
    processor = load_limit(BASE, CONFIG).processor
    if request.param:
        least, most = request.param
        processor.image_processor.size = SizeDict(shortest_edge=least, longest_edge=most)
    return processor


@pytest.mark.parametrize("size", SIZES)
def test_count_image_tokens_equals_what_the_processor_makes(size, any_processor):
    from qwen_vl_utils import process_vision_info

    processor = any_processor
    image = Image.open(io.BytesIO(picture(size)))
    chat = [{"role": "user", "content": [{"type": "image", "image": image}]}]
    images, _ = process_vision_info(chat, image_patch_size=processor.image_processor.patch_size)
    text = processor.apply_chat_template(chat, tokenize=False)
    made = processor(text=[text], images=images)["input_ids"][0]
    plain = processor.tokenizer(text)["input_ids"]
    assert count_image_tokens(processor, picture(size)) == len(made) - len(plain) + 1


@pytest.mark.slow
def test_limit_keeps_what_verl_keeps(processor, tmp_path):
    from datasets import Dataset, Features, List, Value
    from datasets import Image as ImageFeature
    from omegaconf import OmegaConf
    from verl.utils.dataset.rl_dataset import RLHFDataset

    rows = [(text, None) for text in TEXTS] + [(text, picture(size)) for text in TEXTS for size in SIZES]
    rows += [("how are you", picture((5, 1200))), ("how are you", picture((40, 9), "JPEG"))]
    lengths = sorted(
        count_text_tokens(processor, messages(t, i is not None)) + count_image_tokens(processor, i)
        for t, i in rows
        if i != picture((5, 1200))
    )
    records = [
        {
            "id": n,
            "prompt": messages(text, image is not None),
            "images": [{"bytes": image, "path": None}] * (image is not None),
        }
        for n, (text, image) in enumerate(rows)
    ]
    features = Features(
        {
            "id": Value("int64"),
            "prompt": List({"role": Value("string"), "content": Value("string")}),
            "images": List(ImageFeature()),
        }
    )
    Dataset.from_list(records, features=features).to_parquet(tmp_path / "rows.parquet")
    for max_tokens in {lengths[0], lengths[len(lengths) // 3], lengths[len(lengths) // 2], lengths[-1] - 1}:
        config = {"max_prompt_length": max_tokens, "filter_overlong_prompts_workers": 1, "cache_dir": str(tmp_path)}
        verl = RLHFDataset(str(tmp_path / "rows.parquet"), processor.tokenizer, OmegaConf.create(config), processor)
        limit = PromptLimit(processor, max_tokens, 0)
        ours = [n for n, (t, i) in enumerate(rows) if limit.why_not(messages(t, i is not None), i) is None]
        assert ours == verl.dataframe["id"][:]


@pytest.mark.parametrize("content", [b"", b"no image", picture((5, 1200)), picture((40, 40))[:20]])
def test_why_not_of_an_image_that_cannot_be_used(content, processor):
    assert PromptLimit(processor, 999, 0).why_not(messages("hello", True), content) == "image_unusable"


def test_why_not_of_a_prompt_at_and_above_the_limit(processor):
    n = count_text_tokens(processor, messages("how are you"))
    assert PromptLimit(processor, n, 0).why_not(messages("how are you"), None) is None
    assert PromptLimit(processor, n - 1, 0).why_not(messages("how are you"), None) == "prompt_too_long"


def test_kept_counts_by_reason():
    kept = Kept(9, {"prompt_too_long": 2, "image_unusable": 1})
    assert kept.to_json() == {"given": 9, "kept": 6, "dropped": {"prompt_too_long": 2, "image_unusable": 1}}


def limit(max_dropped_share):
    return PromptLimit(None, 9, max_dropped_share)


def test_check_share_at_and_above_the_share():
    limit(0.1).check_share(Kept(10, {"prompt_too_long": 1}))
    with pytest.raises(ValueError, match=r"max_dropped_share: 2 of 10 training rows do not fit \(prompt_too_long: 2\)"):
        limit(0.1).check_share(Kept(10, {"prompt_too_long": 2}))


def test_check_share_of_no_rows_left_is_an_error_at_any_share():
    with pytest.raises(ValueError, match="3 of 3 training rows do not fit"):
        limit(1.0).check_share(Kept(3, {"prompt_too_long": 3}))
