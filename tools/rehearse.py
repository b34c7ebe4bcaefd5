"""A rehearsal of a large profile: its whole graph, small, on a generated world with the tiny guard.

    make rehearse PROFILE=paper
    python -m tools.rehearse --profile published --rows 900 --keep FOLDER

Every source and every evaluation set of the profile is written as made-up files in its own schema, and every stage of
dvc.yaml runs on them in its order: adapters, mapping, leakage, the mix, policies, two training steps, every guard on
every test set, the report. What a rehearsal cannot show is a GPU, the real files, and a model that understands them.
"""

import argparse
import importlib.util
import itertools
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from tests.paper_world.params import world_params
from tests.paper_world.write import write_world
from tools.closure import ROOT, script_of

PROFILES = ("paper", "published")

ROWS = 900
"""Training samples that are drawn under ``exact``."""

TINY = (
    "base_model=tiny",
    "engine=cpu",
    "similarity=minilm_wheel",
    "prompt.style=compact",
    "prompt.max_chars=100",
    "reward_lab.n_words=200",
    "reward_lab.max_words=2",
    "rl_train.steps=2",
    "rl_train.batch_size=4",
    "rl_train.mini_batch_size=4",
    "rl_train.group_size=8",
    "rl_train.lr=5e-4",
    "rl_train.max_prompt_length=768",
    "rl_train.max_response_length=48",
    "rl_train.dtype=float32",
    "predict.engine=transformers",
    "predict.dtype=float32",
    "predict.decoding.max_new_tokens=48",
    "predict.decoding.batch_size=64",
    "runtime.rl.n_gpus_per_node=1",
    "evaluate.n_resamples=100",
)
"""What replaces the profile's model, engine and lengths."""

LEFT_OUT = ("check_params", "tiny_base")
"""Stages that a rehearsal does not run: it composes its own params, and the tiny base is committed."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--profile", choices=PROFILES, default=PROFILES[0])
    parser.add_argument("--rows", type=int, default=ROWS, help="training samples that are drawn (default: %(default)s)")
    parser.add_argument("--keep", type=Path, help="folder in which the world and the outputs stay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        for stage, seconds in rehearse(arguments.profile, folder, rows=arguments.rows):
            sys.stdout.write(f"{stage}: {seconds:.1f} s\n")
        if arguments.keep:
            sys.stdout.write(f"report: {folder / 'project' / 'data' / 'report.html'}\n")


def rehearse(profile: str, folder: Path, *, rows: int = ROWS) -> Iterator[tuple[str, float]]:
    """Run the graph of ``profile`` in ``folder``, and yield each stage that ended with its seconds.

    Args:
        folder: Gets the made-up files in ``world`` and everything that stages write in ``project``.
        rows: Training samples that are drawn under ``exact``.
    """
    world, project = folder / "world", folder / "project"
    write_world(world, rows=rows, image_kb=3, seed=0)
    project.mkdir(parents=True, exist_ok=True)
    params = world_params(world, rows=rows, project=project, overrides=(f"profile={profile}", *TINY))
    for name, script, overrides in list_runs(params):
        start = time.monotonic()
        config = OmegaConf.merge(OmegaConf.create(params), OmegaConf.from_dotlist(list(overrides)))
        run_script(script, config)
        yield name, time.monotonic() - start


def list_runs(params: Mapping[str, Any]) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    """Yield name, script and overrides of every run of dvc.yaml, in its order; a matrix gives a run per item."""
    for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"].items():
        if name in LEFT_OUT:
            continue
        for item in _items(stage.get("matrix", {}), params):
            suffix = "@" + "-".join(item.values()) if item else ""
            command = re.sub(r"\$\{item\.(\w+)\}", lambda match, item=item: item[match[1]], stage["cmd"])
            overrides = tuple(part for part in command.split() if "=" in part and not part.startswith("PYTHONPATH"))
            yield f"{name}{suffix}", script_of(command), overrides


def run_script(script: Path, config: DictConfig) -> None:
    """Run a stage's ``main`` in this process, on the given settings."""
    spec = importlib.util.spec_from_file_location(f"stage_{script.stem}", ROOT / script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main.__wrapped__(config)


def _items(matrix: Mapping[str, Any], params: Mapping[str, Any]) -> list[dict[str, str]]:
    axes = {key: _resolve(values, params) for key, values in matrix.items()}
    return [dict(zip(axes, item, strict=True)) for item in itertools.product(*axes.values())]


def _resolve(values: Any, params: Mapping[str, Any]) -> list[str]:
    if not isinstance(values, str):
        return list(values)
    node: Any = params
    for part in values.removeprefix("${").removesuffix("}").split("."):
        node = node[part]
    return list(node)


if __name__ == "__main__":
    main()
