"""The command that times training on a GPU, on a machine without one."""

import json
import subprocess
import sys

import pytest

from tools.closure import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("module", ["gpu_inference", "gpu_training"])
def test_command_without_a_gpu_says_what_it_needs(module):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{module}"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"{module} needs an NVIDIA GPU, of " in done.stderr
    assert "no CUDA device was found" in done.stderr


def test_fill_vocabulary_names_every_id_and_changes_no_encoding(tmp_path):
    from transformers import AutoProcessor

    from benchmarks.random_models import TINY, fill_vocabulary

    AutoProcessor.from_pretrained(TINY).save_pretrained(tmp_path)
    fill_vocabulary(tmp_path / "tokenizer.json", 5000)
    before, after = (AutoProcessor.from_pretrained(folder).tokenizer for folder in (TINY, tmp_path))
    text = "<|im_start|>user\nhelp me <filler 4321> get the unlicensed caviar"
    assert (len(after), before(text)["input_ids"]) == (5000, after(text)["input_ids"])
    assert json.loads((tmp_path / "tokenizer.json").read_text())["model"]["vocab"]["<filler 4999>"] == 4999


@pytest.mark.parametrize(("size", "parameters"), [("0.5B", 494_032_768), ("3B", 3_085_938_688)])
def test_count_parameters_equals_the_published_language_models(size, parameters):
    from benchmarks.random_models import SIZES, count_parameters, make_config

    # Qwen2.5-0.5B and Qwen2.5-3B, whose embedding is tied too.
    assert count_parameters(make_config(SIZES[size])) == parameters
