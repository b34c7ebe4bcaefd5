"""A rotation in MLflow: its folds among the project's runs, and one run with the means. It never fails a rotation."""

import logging
import os
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

from proguard.errors import first_line
from proguard.evaluate.metrics.estimate import DIGITS
from proguard.rotate.folds import Rotation
from proguard.rotate.table import Line
from proguard.runtime import mlflow_runs

_LOG = logging.getLogger(__name__)


def tracking_environment(settings: Mapping[str, Any], project: Path) -> dict[str, str]:
    """Return what makes the folds log where the project does, which without a server is a database in its root."""
    if os.environ.get("MLFLOW_TRACKING_URI") or settings["runtime"].get("tracking_uri"):
        return {}
    return {"MLFLOW_TRACKING_URI": f"sqlite:///{(project / 'mlflow.db').resolve()}"}


def open_tracking(settings: Mapping[str, Any]) -> None:
    """Make MLflow's experiment from the project's root, so that its artifacts lie there; a failure is a warning."""
    try:
        mlflow_runs.find_experiment(mlflow_runs.connect(settings))
    except Exception as error:
        _warn(error)


def log_rotation(rotation: Rotation, settings: Mapping[str, Any], lines: Sequence[Line], files: Sequence[Path]) -> None:
    """Log the means of a finished rotation as a run, with its tables; a failure is a warning."""
    try:
        client = mlflow_runs.connect(settings)
        experiment = mlflow_runs.find_experiment(client)
        name = f"rotation {rotation.commit[:7]}"
        run = client.create_run(experiment, run_name=name, tags={"proguard.commit": rotation.commit}).info.run_id
        client.log_param(run, "overrides", " ".join(rotation.overrides) or "none")
        trained = [line for line in lines if line.guard == settings["evaluate"]["trained"]]
        for line in trained:
            for suffix, value in (("", line.mean.value), (": low", line.mean.low), (": high", line.mean.high)):
                if not isnan(value):
                    client.log_metric(run, f"{line.headline.title}{suffix}".replace(",", ""), round(value, DIGITS))
        for file in files:
            client.log_artifact(run, str(file))
        client.set_terminated(run, "FINISHED")
    except Exception as error:  # Whatever MLflow, its database or its server raise.
        _warn(error)


def _warn(error: Exception) -> None:
    _LOG.warning("MLflow: the rotation is not logged (%s: %s)", type(error).__name__, first_line(error))
