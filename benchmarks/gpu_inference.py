"""What a GPU does with the guard: equal verdicts with the CPU, and the cost of a row at the paper's sizes.

    python -m benchmarks.gpu_inference --out gpu.json

First the tiny base answers the same rows on the CPU and on the GPU, in float32 and bfloat16. Then Qwen2.5-VL models of
3B and 7B parameters with random weights answer prompts of the ``full`` style with an image, with a fixed number of new
tokens: the text means nothing, the cost does. verl and vLLM are neither needed nor measured.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

from benchmarks.random_models import SIZES, TINY, write_random_model
from proguard.inference.engine import Query
from proguard.inference.transformers_engine import TransformersEngine
from proguard.mini_world.world import draw_scenes
from proguard.policy import Policy, full_policy
from proguard.prompt import PromptFormat, render_prompt
from proguard.sample import MODALITIES
from proguard.taxonomy import load_taxonomy
from proguard.verdict import parse

ROOT = Path(__file__).parents[1]
N_ROWS, NEW_TOKENS, REPEATS = 300, 64, 3


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, help="file for the results as JSON")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["3B", "7B"])
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8, 32, 64])
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        parser.exit(1, "gpu_inference needs an NVIDIA GPU, of 80 GiB for batches of 64: no CUDA device was found\n")
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    results: dict[str, Any] = {"device": torch.cuda.get_device_name(0), **versions}
    results["agreement"] = compare_devices(draw_queries(N_ROWS, "compact", n_shown=9))
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_random_model(SIZES[size], Path(folder), device="cuda")
            results[size] = [measure_batch(Path(folder), size, n) for n in arguments.batches]
    text = json.dumps(results, indent=2)
    sys.stdout.write(text + "\n")
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")


def draw_queries(n: int, style: str, *, n_shown: int | None, with_image: bool = False) -> list[tuple[Query, bool]]:
    """Return ``n`` prompts of the mini world's test split, each with whether a response is due."""
    taxonomy, rng = load_taxonomy(ROOT / "data" / "taxonomy.yaml"), random.Random(0)
    queries = []
    for modality in ("text_image",) if with_image else MODALITIES:
        whole = full_policy(taxonomy, "subcategory")
        for scene in draw_scenes(n=n // (1 if with_image else 3), split="test", modality=modality, rng=rng):
            policy = whole if n_shown is None else Policy("subcategory", tuple(rng.sample(whole.shown, n_shown)))
            messages = render_prompt(scene.sample, policy, taxonomy, PromptFormat(style))
            queries.append((Query(messages, scene.image), scene.sample.has_response))
    return queries


def compare_devices(queries: Sequence[tuple[Query, bool]]) -> dict[str, dict[str, float]]:
    """Return the shares of completions and of labels that equal those of the CPU, and rows per second."""
    said: dict[str, list[str]] = {}
    speed = {}
    for name, device, dtype in (("cpu", "cpu", "float32"), ("cuda float32", "cuda", "float32"),
                                ("cuda bfloat16", "cuda", "bfloat16")):  # fmt: skip
        engine = TransformersEngine(TINY, max_new_tokens=48, dtype=dtype, device=device, threads=8)
        start, texts = time.perf_counter(), [""] * len(queries)
        for has_image in (False, True):
            rows = [i for i, (query, _) in enumerate(queries) if (query.image is not None) == has_image]
            for i, completion in zip(rows, engine.complete([queries[i][0] for i in rows]), strict=True):
                texts[i] = completion.text
        said[name], speed[name] = texts, len(queries) / (time.perf_counter() - start)

    def labels(name: str) -> list[Any]:
        parsed = [parse(text, has_response=due) for text, (_, due) in zip(said[name], queries, strict=True)]
        return [(p.status, p.verdict and (p.verdict.request, p.verdict.response, p.verdict.category)) for p in parsed]

    return {
        name: {
            "equal_completions": sum(a == b for a, b in zip(said[name], said["cpu"], strict=True)) / len(queries),
            "equal_verdicts": sum(a == b for a, b in zip(labels(name), labels("cpu"), strict=True)) / len(queries),
            "rows_per_second": round(speed[name], 1),
        }
        for name in said
    }


def measure_batch(folder: Path, size: str, n: int) -> dict[str, Any]:
    """Return what a batch of ``n`` prompts costs: least, median and most seconds, tokens, memory, TFLOP/s."""
    engine = TransformersEngine(folder, max_new_tokens=NEW_TOKENS, dtype="bfloat16", device="cuda", threads=8)
    engine._model.generation_config.min_new_tokens = NEW_TOKENS
    queries = [query for query, _ in draw_queries(n, "full", n_shown=None, with_image=True)]
    torch.cuda.reset_peak_memory_stats()
    seconds = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        engine.complete(queries)
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    seconds = sorted(seconds[1:])
    prompt = int(engine._tokenize(queries)["attention_mask"].sum())
    parameters = sum(p.numel() for p in engine._model.parameters())
    median = seconds[len(seconds) // 2]
    return {
        "batch": n,
        "parameters": parameters,
        "prompt_tokens": prompt // n,
        "new_tokens": NEW_TOKENS,
        "seconds": [round(s, 3) for s in (seconds[0], median, seconds[-1])],
        "rows_per_second": round(n / median, 2),
        "tokens_per_second": round(n * NEW_TOKENS / median),
        "tflops": round(2 * parameters * (prompt + n * NEW_TOKENS) / median / 1e12, 1),
        "peak_gib": round(torch.cuda.max_memory_allocated() / 2**30, 1),
    }


if __name__ == "__main__":
    main()
