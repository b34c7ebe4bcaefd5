"""Command-line options that say which guard is loaded, and into which engine."""

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proguard.moderate.guard import Guard

DEFAULT_GUARD = Path("data/guards/proguard")


def add_engine_arguments(parser: argparse.ArgumentParser, *, batch_size: int) -> None:
    """Declare the arguments."""
    parser.add_argument("--guard", type=Path, default=DEFAULT_GUARD, help="guard folder (default: %(default)s)")
    parser.add_argument(
        "--engine",
        choices=("transformers", "vllm", "endpoint"),
        default="transformers",
        help="what runs the weights (default: %(default)s)",
    )
    parser.add_argument(
        "--dtype",
        choices=("float32", "bfloat16"),
        default="float32",
        help="number format of the weights; bfloat16 for billions of parameters (default: %(default)s)",
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda, or auto for a GPU where there is one")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the engine (default: %(default)s)")
    parser.add_argument(
        "--batch-size", type=int, default=batch_size, help="prompts of one forward pass (default: %(default)s)"
    )
    parser.add_argument("--endpoint", metavar="URL", help="of --engine endpoint: base of an OpenAI-compatible API")
    parser.add_argument("--endpoint-model", default="proguard", help="model's name there (default: %(default)s)")
    parser.add_argument("--endpoint-key", metavar="VARIABLE", help="environment variable with the key for the endpoint")


def check_engine_arguments(options: argparse.Namespace) -> None:
    """Raise ``ValueError`` when options do not go together."""
    for name in ("batch_size", "threads"):
        if getattr(options, name) < 1:
            raise ValueError(f"--{name.replace('_', '-')}: expected 1 or more, found {getattr(options, name)}")
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", options.device):
        raise ValueError(f"--device: expected auto, cpu, cuda or cuda:<number>, found {options.device!r}")
    if (options.engine == "endpoint") != (options.endpoint is not None):
        raise ValueError("--engine endpoint and --endpoint URL: give both or neither")
    if options.endpoint is not None and not re.match(r"https?://[^/\s]", options.endpoint):
        raise ValueError(
            f"--endpoint: expected an address such as http://localhost:8000/v1, found {options.endpoint!r}"
        )
    if options.endpoint_key is not None and not os.environ.get(options.endpoint_key):
        raise ValueError(f"--endpoint-key: the environment has no variable {options.endpoint_key}, or an empty one")


def load_guard(options: argparse.Namespace, *, own_process: bool = False) -> "Guard":
    """Return the guard that the options name, in its engine.

    Args:
        own_process: Whether the engine gets a process of its own.

    Raises:
        ValueError, FileNotFoundError: When the folder is damaged or missing, or the machine lacks the device.
    """
    if options.engine == "transformers" and options.device.startswith("cuda"):
        import torch

        if not torch.cuda.is_available():
            raise ValueError(f"--device {options.device}: torch finds no GPU here; use --device cpu")
    from proguard.inference.server import Server
    from proguard.moderate.guard import Guard

    server = None
    if options.endpoint is not None:
        server = Server(options.endpoint, options.endpoint_model, options.endpoint_key)
    return Guard.load(
        options.guard,
        options.engine,
        batch_size=options.batch_size,
        dtype=options.dtype,
        device=options.device,
        threads=options.threads,
        endpoint=server,
        own_process=own_process,
    )
