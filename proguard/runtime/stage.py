"""How a stage script starts: Hydra over params.yaml, a misspelt key named, an MLflow run around it.

A stage script ends in ``run_stage("collect", main)``. What it logs to MLflow it has written to its summary file first,
so that a tracking server which is down costs nothing but the copy.
"""

import difflib
import logging
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from proguard.runtime.tracking import track_stage

PARAMS = Path("params.yaml")

_HYDRA_OVERRIDES = (
    "hydra.run.dir=.",
    "hydra.output_subdir=null",
    "hydra.job.chdir=false",
    "hydra/job_logging=none",
    "hydra/hydra_logging=none",
)
_OVERRIDE = re.compile(r"(?P<sign>\+{0,2}|~)(?P<key>[\w.@/-]+)=")


def run_stage(name: str, main: Callable[[], Any]) -> None:
    """Run the ``hydra.main`` function of stage ``name`` from the project's root.

    Raises:
        SystemExit: When params.yaml is absent, or an override names a key that it does not have; the message names the
            nearest one.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("proguard").setLevel(logging.INFO)
    if not PARAMS.exists():
        sys.exit(f"{name}: no params.yaml here; run from the project's root, after `dvc exp run` composed it")
    params = OmegaConf.load(PARAMS)
    check_overrides(sys.argv[1:], params)
    sys.argv += [o for o in _HYDRA_OVERRIDES if o.split("=")[0] not in " ".join(sys.argv)]
    with track_stage(name, OmegaConf.to_container(params, resolve=True)):
        main()


def check_overrides(arguments: list[str], params: DictConfig) -> None:
    """Exit with the nearest key when an override's key is not one of ``params``; ``+key`` and ``hydra.*`` pass."""
    known = sorted(_keys(OmegaConf.to_container(params)))
    for argument in arguments:
        match = _OVERRIDE.match(argument)
        if match is None or match["sign"].startswith("+") or match["key"].startswith("hydra."):
            continue
        if match["key"] not in known:
            nearest = difflib.get_close_matches(match["key"], known, n=1, cutoff=0.3)
            hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
            sys.exit(f"params.yaml has no key {match['key']!r}{hint}")


def _keys(node: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield f"{prefix}{key}"
            yield from _keys(value, f"{prefix}{key}.")
