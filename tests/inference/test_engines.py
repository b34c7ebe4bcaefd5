"""What the engines show a model of an image: the pixels of the one decoder, whatever the bytes are."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from proguard.inference.engine import Engine, Query
from proguard.inference.transformers_engine import TransformersEngine
from proguard.inference.vllm_engine import VllmEngine
from tests.pictures import case, encode
from tools.closure import ROOT

GUARD = ROOT / "data" / "tiny_base"
MESSAGES = [{"role": "system", "content": "Judge."}, {"role": "user", "content": "<image>"}]


def on_clear_ground(size: tuple[int, int] = (56, 56)) -> tuple[bytes, bytes]:
    """Return a black square on transparent black, and the same on white."""
    clear, white = Image.new("RGBA", size, (0, 0, 0, 0)), Image.new("RGB", size, "white")
    for image in (clear, white):
        image.paste((0, 0, 0), (10, 20, 30, 40))
    return encode(clear, "PNG"), encode(white, "PNG")


PAIRS = [(case("sign_exif3.png"), case("sign_plain.png")), on_clear_ground()]


class Seen(Exception):
    """Ends a call of an engine where the model would begin, with the pixels that it would get."""


def shown(engine: Engine, content: bytes) -> np.ndarray:
    with pytest.raises(Seen) as seen:
        engine.complete([Query(MESSAGES, content)])
    return np.asarray(seen.value.args[0])


@pytest.mark.parametrize(("odd", "plain"), PAIRS)
def test_transformers_engine_shows_odd_images_as_the_plain_ones(monkeypatch, odd, plain):
    def generate(**inputs):
        raise Seen(inputs["pixel_values"])

    engine = TransformersEngine(GUARD, max_new_tokens=1, device="cpu", threads=1)
    monkeypatch.setattr(engine._model, "generate", generate)
    assert (shown(engine, odd) == shown(engine, plain)).all()


@pytest.mark.parametrize(("odd", "plain"), PAIRS)
def test_vllm_engine_shows_odd_images_as_the_plain_ones(monkeypatch, odd, plain):
    def generate(prompts, *_, **__):
        raise Seen(prompts[0]["multi_modal_data"]["image"])

    vllm = ModuleType("vllm")
    vllm.LLM, vllm.SamplingParams = lambda *_, **__: SimpleNamespace(generate=generate), dict
    monkeypatch.setitem(sys.modules, "vllm", vllm)
    engine = VllmEngine(GUARD, max_new_tokens=1, options={})
    assert (shown(engine, odd) == shown(engine, plain)).all()
