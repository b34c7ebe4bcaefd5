"""A rotation in MLflow: its folds among the project's runs, and one run with the means. It never fails a rotation."""

import logging
import os
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proguard.errors import first_line
from proguard.evaluate.metrics.estimate import DIGITS
from proguard.rotate.folds import Rotation
from proguard.rotate.table import Line
from proguard.runtime.processes import this_process
from proguard.runtime.store import PROCESS_TAG, connect, find_experiment, tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

_LOG = logging.getLogger(__name__)


def tracking_environment(settings: Mapping[str, Any], project: Path) -> dict[str, str]:
    """Return what makes the folds log where the project does, which without a server is a database in its root."""
    if os.environ.get("MLFLOW_TRACKING_URI") or settings["runtime"].get("tracking_uri"):
        return {}
    return {"MLFLOW_TRACKING_URI": f"sqlite:///{(project / 'mlflow.db').resolve()}"}


def open_tracking(settings: Mapping[str, Any]) -> None:
    """Make MLflow's experiment from the project's root, so that its artifacts lie there; a failure is a warning."""
    try:
        find_experiment(connect(tracking_uri(settings)))
    except Exception as error:
        _warn(error)


def log_rotation(rotation: Rotation, settings: Mapping[str, Any], lines: Sequence[Line], files: Sequence[Path]) -> None:
    """Log the means of a finished rotation as a run, with its tables; a failure is a warning."""
    try:
        client = connect(tracking_uri(settings))
        experiment = find_experiment(client)
        name = f"rotation {rotation.commit[:7]}"
        tags = {"proguard.commit": rotation.commit, PROCESS_TAG: str(this_process())}
        run = client.create_run(experiment, run_name=name, tags=tags).info.run_id
        try:
            _log(
                client, run, rotation, [line for line in lines if line.guard == settings["evaluate"]["trained"]], files
            )
        except Exception:
            client.set_terminated(run, "FAILED")
            raise
        client.set_terminated(run, "FINISHED")
    except Exception as error:  # Whatever MLflow, its database or its server raise.
        _warn(error)


def _log(client: "MlflowClient", run: str, rotation: Rotation, lines: Sequence[Line], files: Sequence[Path]) -> None:
    client.log_param(run, "overrides", " ".join(rotation.overrides) or "none")
    for line in lines:
        for suffix, value in (("", line.mean.value), (": low", line.mean.low), (": high", line.mean.high)):
            if not isnan(value):
                client.log_metric(run, f"{line.headline.title}{suffix}".replace(",", ""), round(value, DIGITS))
    for file in files:
        client.log_artifact(run, str(file))


def _warn(error: Exception) -> None:
    _LOG.warning("MLflow: the rotation is not logged (%s: %s)", type(error).__name__, first_line(error))
