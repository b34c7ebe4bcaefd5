"""vLLM's build for CPUs answers what transformers answers: `make test-vllm`, in an environment of its own."""

from importlib.metadata import PackageNotFoundError, version

import pytest
from omegaconf import OmegaConf

from proguard.guards.own import ASK, Own
from proguard.inference.engine import Query
from proguard.inference.load import load_engine
from proguard.prompt import PromptFormat
from tests.tiny_models import build_llama
from tests.worlds import draw_rows, taxonomy
from tools.closure import ROOT


def has_cpu_build() -> bool:
    try:
        return version("vllm").endswith("+cpu")
    except PackageNotFoundError:
        return False


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not has_cpu_build(), reason="needs vLLM's build for CPUs: make test-vllm"),
]

RUNTIME = {"device": "cpu", "threads": 1, "vllm": {"max_model_len": 512, "enforce_eager": True}}


@pytest.fixture(autouse=True)
def small_cache(monkeypatch):
    """A gibibyte of keys and values in place of half of the machine's memory."""
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


BATCH = 25


def complete_with_both(folder, queries, **options):
    """Return the completions of both engines; transformers gets `BATCH` queries at a time."""
    engines = {name: load_engine(name, folder, runtime=RUNTIME, **options) for name in ("vllm", "transformers")}
    return {
        "vllm": engines["vllm"].complete(queries),
        "transformers": [
            each
            for start in range(0, len(queries), BATCH)
            for each in engines["transformers"].complete(queries[start : start + BATCH])
        ],
    }


def test_tiny_base_writes_the_same_about_every_row_through_both_engines(long_tmpdir):
    rows, images = draw_rows(150, split="test")
    own = Own(PromptFormat(**OmegaConf.load(ROOT / "conf" / "prompt.yaml").prompt))
    asked = [(row, own.asks(row, taxonomy())[0].query) for row in rows]
    queries = [Query(query.messages, images.get(row.sample.image), marks=query.marks) for row, query in asked]
    found = complete_with_both(ROOT / "data" / "tiny_base", queries, max_new_tokens=48)

    texts = {name: [(c.text, c.finish) for c in completions] for name, completions in found.items()}
    assert len(texts["vllm"]) >= 100
    assert len(set(texts["vllm"])) > 10
    assert texts["vllm"] == texts["transformers"]
    readings = {
        name: [own.read(row, {ASK: c}) for row, c in zip(rows, completions, strict=True)]
        for name, completions in found.items()
    }
    scores = {name: [reading.request.score for reading in read] for name, read in readings.items()}
    # A word outside vLLM's 20 likeliest tokens counts 0; scores of the tiny guard have two decimals.
    assert scores["vllm"] == pytest.approx(scores["transformers"], abs=0.011)


def test_text_model_gets_templates_and_raw_prompts_through_both_engines(tmp_path):
    folder = build_llama(tmp_path / "llama", head_size=64)
    said, raw = ([f"hello {i}" for i in range(BATCH)], [f"User: hello {i}\nAgent:" for i in range(BATCH)])
    chats = [Query([{"role": "user", "content": text}], template={"rule": "be nice"}) for text in said]
    found = complete_with_both(folder, chats + [Query(text) for text in raw], max_new_tokens=8)

    # vLLM leaves out a character whose bytes the token limit cut; transformers writes U+FFFD for it.
    texts = {name: [c.text.rstrip("\ufffd") for c in completions] for name, completions in found.items()}
    assert texts["vllm"] == texts["transformers"]
    assert len(set(texts["vllm"])) > 1
