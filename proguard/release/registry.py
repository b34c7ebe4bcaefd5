"""A release in MLflow's model registry, under a name and an alias."""

import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import proguard
from proguard.errors import first_line
from proguard.runtime.processes import this_process
from proguard.runtime.store import PROCESS_TAG, find_experiment, open_store

if TYPE_CHECKING:
    from mlflow import MlflowClient

REQUIREMENTS = ("mlflow", "torch", "torchvision", "transformers", "polars", "pyarrow", "pydantic", "pyyaml", "pillow")
"""Packages that the model needs; the library itself travels with it."""


def open_registry(uri: str | None) -> "MlflowClient":
    """Return a client of MLflow.

    Args:
        uri: Server or database of MLflow; ``None`` takes ``MLFLOW_TRACKING_URI`` or mlflow.db.

    Raises:
        ConnectionError: When it is out of reach.
    """
    return open_store(uri or os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db", may_be_new=True)


def register(release: Path, client: "MlflowClient", *, name: str, alias: str) -> str:
    """Register a release as a new version of ``name``, point ``alias`` to it, and return its address.

    Args:
        client: Of `open_registry`.

    Raises:
        OSError: When MLflow, its database or its artifact store refuse; the message is one line.
    """
    try:
        return _register(release, client, name=name, alias=alias)
    except Exception as error:  # Whatever MLflow, its database, its server or its artifact store raise.
        raise OSError(f"--register {name}: {first_line(error)}; the release itself is in {release}") from error


def _register(release: Path, client: "MlflowClient", *, name: str, alias: str) -> str:
    import mlflow

    # By its process, a run that a kill left open is found and ended.
    tags = {PROCESS_TAG: str(this_process())}
    with mlflow.start_run(experiment_id=find_experiment(client), run_name=f"release {name}", tags=tags):
        info = mlflow.pyfunc.log_model(
            name="guard",
            python_model=str(Path(__file__).with_name("flavour.py")),
            artifacts={"guard": str(release)},
            code_paths=[str(Path(proguard.__file__).parent)],
            pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
            registered_model_name=name,
        )
    client.set_registered_model_alias(name, alias, info.registered_model_version)
    return f"models:/{name}@{alias}"
