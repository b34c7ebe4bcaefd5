"""What is said when vLLM cannot be imported."""

import sys
import types
from functools import partial

import pytest

from proguard.inference.vllm_engine import VllmEngine
from proguard.taxonomy_map.local_model import LocalModel


class Finder:
    """Answers the import of vllm with an error of its own."""

    def __init__(self, error):
        self.error = error

    def find_spec(self, name, path=None, target=None):
        if name == "vllm":
            raise self.error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ModuleNotFoundError("No module named 'vllm'", name="vllm"),
            "vllm is not installed: pip install 'proguard\\[gpu\\]'",
        ),
        (
            ModuleNotFoundError("No module named 'xformers.ops'", name="xformers.ops"),
            "vllm is installed, but does not import: No module named 'xformers.ops'",
        ),
        (ImportError("libcudart.so.13: cannot open shared object file"), "does not import: libcudart.so.13"),
        (
            ModuleNotFoundError("No module named 'vllm._C'", name="vllm._C"),
            "is installed, but does not import: No module named 'vllm._C'",
        ),
        (OSError("libtorch_cuda.so: undefined symbol: ncclX"), "does not import: OSError: libtorch_cuda.so: undefined"),
        (RuntimeError("Failed to infer device type\nsee ..."), "import: RuntimeError: Failed to infer device type;"),
        (AttributeError("module 'torch' has no attribute 'x'"), "import: AttributeError: module 'torch' has no"),
        (ImportError("cannot import name 'LLM' from 'vllm'"), "does not import: cannot import name 'LLM'"),
    ],
)
def test_engine_says_what_the_import_of_vllm_lacks(error, message, monkeypatch):
    monkeypatch.delitem(sys.modules, "vllm", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(error), *sys.meta_path])
    with pytest.raises(ImportError, match=message):
        VllmEngine("guard", max_new_tokens=1, dtype="float32", options={})


def test_engine_hands_dtype_and_options_to_vllm(monkeypatch):
    given = {}
    fake = types.SimpleNamespace(LLM=lambda guard, **options: given.update(options), SamplingParams=lambda **_: None)
    monkeypatch.setitem(sys.modules, "vllm", fake)
    chat = types.SimpleNamespace(sees_images=True)
    monkeypatch.setattr("proguard.inference.vllm_engine.Chat", lambda guard, remote_code: chat)
    VllmEngine("guard", max_new_tokens=1, dtype="bfloat16", options={"tensor_parallel_size": 2})
    assert (given["dtype"], given["tensor_parallel_size"]) == ("bfloat16", 2)


def fake_vllm(monkeypatch, error):
    def load(guard, **options):
        raise error

    monkeypatch.setitem(sys.modules, "vllm", types.SimpleNamespace(LLM=load, SamplingParams=lambda **_: None))
    chat = types.SimpleNamespace(sees_images=False)
    monkeypatch.setattr("proguard.inference.vllm_engine.Chat", lambda guard, remote_code: chat)


LATE = [
    (ImportError("libcudart.so.13: cannot open shared object file"), "import: libcudart.so.13"),
    (ModuleNotFoundError("No module named 'flashinfer'", name="flashinfer"), "import: No module named 'flashinfer'"),
    (OSError("libnccl.so.2: undefined symbol: ncclX\nsee ..."), "import: OSError: libnccl.so.2: undefined symbol"),
]


@pytest.mark.parametrize(("error", "message"), LATE)
@pytest.mark.parametrize("use", ["guard", "annotator"])
def test_engine_says_what_a_late_import_of_vllm_lacks(use, error, message, monkeypatch, tmp_path):
    fake_vllm(monkeypatch, error)
    (tmp_path / "config.json").write_text("{}")
    model = LocalModel("vllm", str(tmp_path), None, 1, "float32", {"vllm": {}})
    load = model.load if use == "annotator" else partial(VllmEngine, "x", max_new_tokens=1, dtype="float32", options={})
    with pytest.raises(ImportError, match=f"^engine vllm is installed, but does not {message}"):
        load()


@pytest.mark.parametrize("error", [OSError("x/config.json: no such file"), ValueError("no dtype float8")])
def test_engine_leaves_an_error_of_the_model_as_it_is(error, monkeypatch):
    fake_vllm(monkeypatch, error)
    with pytest.raises(type(error), match=str(error)):
        VllmEngine("x", max_new_tokens=1, dtype="float32", options={})
