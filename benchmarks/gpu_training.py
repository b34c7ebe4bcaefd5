"""What a training step costs on a GPU: verl, vLLM and FSDP on random weights, at the paper's lengths.

    python -m benchmarks.gpu_training --out gpu_training.json

Qwen2.5-VL architectures of 0.5B and 3B parameters are trained for two steps by the stage rl_train, as engine=gpu with
the paper's recipe sets it, on rows of all three modalities. The weights are random, so each completion has the full
length. The last logged step is reported; `benchmarks.step_cost.Cost` says what its numbers mean. ``--rehearse`` does
the same with the tiny base on CPUs, in the environment of `make vllm-setup`.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.random_models import SIZES, TINY, count_parameters, make_config, write_random_model
from benchmarks.step_cost import peak_tflops, summarise
from tests.training_project import make_project, train

LEAST_GIB = {"0.5B": 24, "3B": 80}
"""Memory of a GPU that a size needs."""

N_ROWS, TIMEOUT = 96, 3600.0


def find_missing(sizes: Sequence[str]) -> list[str]:
    """Return what this machine lacks to run, a sentence each."""
    import torch

    missing = []
    if not torch.cuda.is_available():
        missing.append("no CUDA device was found")
    else:
        gib = torch.cuda.get_device_properties(0).total_memory / 2**30
        missing += [
            f"{size} needs {LEAST_GIB[size]} GiB, the device has {gib:.0f}"
            for size in sizes
            if 0.95 * LEAST_GIB[size] > gib
        ]
    try:
        version("vllm")
    except PackageNotFoundError:
        missing.append("vllm is not installed: make setup GPU=1")
    return missing


def measure(base: Path, work: Path, *, n_prompts: int, group: int, settings: Sequence[str]) -> Mapping[str, float]:
    """Return verl's numbers of the last of two steps that it logged."""
    choices = ["+recipe=paper", *settings]
    project = make_project(work, n_rows=N_ROWS, choices=choices, base=base, is_full=True)
    done = train(
        project, "rl_train.steps=2", "rl_train.save_every=2", f"rl_train.batch_size={n_prompts}",
        f"rl_train.mini_batch_size={n_prompts}", f"rl_train.group_size={group}", timeout=TIMEOUT,
    )  # fmt: skip
    if done.returncode or not done.steps:
        raise RuntimeError(f"rl_train ended with {done.returncode}: {done.stderr[-4000:]}")
    return done.steps[max(done.steps)]


def gpu_settings(*, gpus: int, micro: int) -> list[str]:
    """Return engine=gpu on ``gpus`` of one machine; what rests is offloaded, so that the trainer leaves vLLM room."""
    model = "engine.verl.actor_rollout_ref"
    return [
        "engine=gpu",
        f"runtime.rl.n_gpus_per_node={gpus}",
        "runtime.rl.embedder_gpus=null",
        f"{model}.actor.ppo_micro_batch_size_per_gpu={micro}",
        f"{model}.ref.log_prob_micro_batch_size_per_gpu={micro}",
        f"{model}.rollout.log_prob_micro_batch_size_per_gpu={micro}",
        f"{model}.rollout.tensor_model_parallel_size=1",
        f"{model}.rollout.gpu_memory_utilization=0.5",
        f"+{model}.rollout.calculate_log_probs=true",
        f"+{model}.actor.fsdp_config.param_offload=true",
        f"+{model}.actor.fsdp_config.optimizer_offload=true",
        f"+{model}.ref.fsdp_config.param_offload=true",
    ]


def main() -> int:
    """Parse the command line; return 1 when the machine lacks something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="file for the results as JSON")
    parser.add_argument("--sizes", nargs="+", choices=LEAST_GIB, default=list(LEAST_GIB))
    parser.add_argument("--gpus", type=int, default=1)
    parser.add_argument("--prompts", type=int, default=12, help="prompts of a step")
    parser.add_argument("--group", type=int, default=8, help="rollouts of a prompt")
    parser.add_argument("--micro", type=int, default=1, help="rollouts of a forward pass")
    parser.add_argument("--rehearse", action="store_true", help="the tiny base on CPUs, by engine=cpu_vllm")
    options = parser.parse_args()
    if not options.rehearse and (missing := find_missing(options.sizes)):
        sys.stderr.write(
            "gpu_training needs an NVIDIA GPU, of 24 GiB for 0.5B and 80 GiB for 3B, and the environment of "
            f"`make setup GPU=1`: {'; '.join(missing)}\n"
        )
        return 1
    results = run_rehearsal(options) if options.rehearse else run_sizes(options)
    text = json.dumps(results, indent=2)
    sys.stdout.write(text + "\n")
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    return 0


def run_sizes(options: argparse.Namespace) -> dict[str, object]:
    """Return the device and the cost of a step of each size."""
    import torch

    device = torch.cuda.get_device_name(0)
    results: dict[str, object] = {"device": device, "gpus": options.gpus, "torch": torch.__version__}
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            base = Path(folder) / "base"
            write_random_model(SIZES[size], base, device="cuda")
            torch.cuda.empty_cache()
            settings = gpu_settings(gpus=options.gpus, micro=options.micro)
            numbers = measure(
                base, Path(folder) / "work", n_prompts=options.prompts, group=options.group, settings=settings
            )
        results[size] = asdict(
            summarise(
                numbers, parameters=count_parameters(make_config(SIZES[size])), n_prompts=options.prompts,
                group=options.group, peak=peak_tflops(device), gpus=options.gpus,
            )
        )  # fmt: skip
    return results


def run_rehearsal(options: argparse.Namespace) -> dict[str, object]:
    """Return what the tiny base costs on CPUs; its numbers only show that the command works."""
    from transformers import AutoConfig

    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        shutil.copytree(TINY, base)
        settings = ["engine=cpu_vllm", "runtime.rl.n_gpus_per_node=1", "rl_train.dtype=float32"]
        numbers = measure(
            base, Path(folder) / "work", n_prompts=options.prompts, group=options.group, settings=settings
        )
    parameters = count_parameters(AutoConfig.from_pretrained(TINY))
    cost = summarise(numbers, parameters=parameters, n_prompts=options.prompts, group=options.group, peak=None, gpus=1)
    return {"device": "cpu", "tiny": asdict(cost)}


if __name__ == "__main__":
    sys.exit(main())
