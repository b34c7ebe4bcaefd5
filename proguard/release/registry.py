"""A release in MLflow's model registry, under a name and an alias."""

import os
from importlib.metadata import version
from pathlib import Path

import proguard

REQUIREMENTS = ("mlflow", "torch", "torchvision", "transformers", "polars", "pyarrow", "pydantic", "pyyaml", "pillow")
"""Packages that the model needs; the library itself travels with it."""


def register(release: Path, *, name: str, alias: str, tracking_uri: str | None) -> str:
    """Register a release as a new version of ``name``, point ``alias`` to it, and return its address.

    Args:
        tracking_uri: Server or database of MLflow; ``None`` takes ``MLFLOW_TRACKING_URI`` or mlflow.db.
    """
    import mlflow

    from proguard.runtime.mlflow_runs import find_experiment

    mlflow.set_tracking_uri(tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db")
    client = mlflow.MlflowClient()
    with mlflow.start_run(experiment_id=find_experiment(client), run_name=f"release {name}"):
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
