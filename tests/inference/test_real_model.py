"""A real language model in the transformers engine: SmolLM2-135M-Instruct (Apache-2.0), which `make smollm2-check` fetches.

The tiny models of the other tests know no language; this one knows a little.
"""

import os
import subprocess
import sys

import pytest

from proguard.inference.engine import Mark, Query
from proguard.inference.load import load_engine
from tools.closure import ROOT

PACKAGES = ROOT / ".work" / "smollm2"
WEIGHTS = next(PACKAGES.rglob("*.gguf"), None)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(WEIGHTS is None, reason="no SmolLM2: make smollm2-check fetches it"),
]

QUESTIONS = {
    "What is the capital of France? Answer with one word.": "Paris",
    "What is the capital of Italy? Answer with one word.": "Rome",
    "Say hello.": "Hello",
}


# In a process of its own: transformers looks for the package gguf when it is imported.
CONVERT = """
import sys
from pathlib import Path
from transformers import AutoModelForCausalLM, AutoTokenizer
weights, folder = Path(sys.argv[1]), sys.argv[2]
for kind in (AutoTokenizer, AutoModelForCausalLM):
    kind.from_pretrained(weights.parent, gguf_file=weights.name).save_pretrained(folder)
"""


def ask(text, **options):
    return Query([{"role": "user", "content": text}], **options)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("smollm2")
    command = [sys.executable, "-c", CONVERT, str(WEIGHTS), str(folder)]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(PACKAGES)}, check=True)
    return load_engine("transformers", folder, max_new_tokens=12, runtime={"device": "cpu", "threads": 1})


def test_questions_get_their_answers_alone_and_in_a_batch(engine):
    queries = [ask(question) for question in QUESTIONS]
    batch = [completion.text for completion in engine.complete(queries)]
    assert [engine.complete([query])[0].text for query in queries] == batch
    assert [a for a, text in zip(QUESTIONS.values(), batch, strict=True) if a not in text] == [], batch


def test_score_of_the_right_word_is_the_higher_one(engine):
    mark = Mark(("Paris", "Rome"))
    for country, right in {"France": "Paris", "Italy": "Rome"}.items():
        prompt = f"What is the capital of {country}?"
        (completion,) = engine.complete([ask(prompt, prefill=f"The capital of {country} is", marks=(mark,))])
        (scores,) = completion.scores
        assert max(scores, key=scores.get) == right
        assert sum(scores.values()) <= 1 + 1e-6


def test_prompt_without_a_template_is_continued(engine):
    assert "Tuesday" in engine.complete([Query("The days of the week are Sunday, Monday,")])[0].text
