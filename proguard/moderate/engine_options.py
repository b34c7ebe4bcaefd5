"""Command-line options that say which guard is loaded, and into which engine."""

import argparse
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
    if (options.engine == "endpoint") != (options.endpoint is not None):
        raise ValueError("--engine endpoint and --endpoint URL: give both or neither")


def load_guard(options: argparse.Namespace) -> "Guard":
    """Return the guard that the options name, in its engine.

    Raises:
        ValueError, FileNotFoundError: When the folder is damaged or missing.
    """
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
    )
