"""How a stage script starts: Hydra over params.yaml, overrides checked, an MLflow run around it.

A stage script ends in ``run_stage("collect", main)``. What it logs to MLflow it has written to its summary file first,
so that a tracking server which is down costs nothing but the copy.
"""

import logging
import sys
from collections.abc import Callable
from typing import Any

from omegaconf import OmegaConf

from proguard.inference.sockets import shorten_socket_paths
from proguard.runtime.allowed import check_settings
from proguard.runtime.inputs import check_inputs, naming_stand_ins
from proguard.runtime.overrides import check_overrides
from proguard.runtime.params import PARAMS, override_params, read_params
from proguard.runtime.signals import exit_on_signals
from proguard.runtime.tracking import track_stage

_HYDRA_OVERRIDES = (
    "hydra.run.dir=.",
    "hydra.output_subdir=null",
    "hydra.job.chdir=false",
    "hydra/job_logging=none",
    "hydra/hydra_logging=none",
)


def run_stage(name: str, main: Callable[[], Any]) -> None:
    """Run the ``hydra.main`` function of stage ``name`` from the project's root.

    SIGTERM and SIGHUP end the stage as an error would: what it started ends, and so does its MLflow run.

    Raises:
        SystemExit: When params.yaml is absent or damaged, an override or a setting is not allowed, or a committed file
            is a pointer or a page; with the reason.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("proguard").setLevel(logging.INFO)
    exit_on_signals()
    shorten_socket_paths()
    overrides = [argument for argument in sys.argv[1:] if "=" in argument and not argument.startswith("-")]
    try:
        check_overrides(overrides, OmegaConf.create(read_params()))
        params = override_params(PARAMS, overrides)
        check_settings(params)
        check_inputs(params["paths"])
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f"{name}: {error}")
    sys.argv += [o for o in _HYDRA_OVERRIDES if o.split("=")[0] not in " ".join(sys.argv)]
    with track_stage(name, params), naming_stand_ins(params["paths"]):
        main()
