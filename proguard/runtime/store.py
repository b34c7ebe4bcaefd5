"""MLflow's tracking store: which one it is, and a client that gives up within seconds when it is out of reach."""

import os
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proguard.errors import first_line

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "proguard"

PROCESS_TAG = "proguard.process"
"""Tag of a run with the name of the process that writes it."""

WAIT_SECONDS = 10
"""Longest wait for the tracking server or the database."""

_EXPERIMENT_KIND = "custom_model_development"
"""Makes MLflow's pages open on runs and metrics instead of traces of language model calls."""


def tracking_uri(params: Mapping[str, Any]) -> str:
    """Return the address of the tracking server that the environment or params name, or of a database in the root."""
    database = (Path(os.environ.get("DVC_ROOT", ".")) / "mlflow.db").resolve()
    return os.environ.get("MLFLOW_TRACKING_URI") or params["runtime"].get("tracking_uri") or f"sqlite:///{database}"


def database_of(uri: str) -> Path | None:
    """Return the file of a sqlite database; ``None`` for a server."""
    path = uri.removeprefix("sqlite:///")
    return None if path == uri else Path(path)


def connect(uri: str) -> "MlflowClient":
    """Return a client of the store at ``uri``; an absent database is made. Raises whatever MLflow does."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(WAIT_SECONDS))
    os.environ.setdefault("MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT", str(WAIT_SECONDS))
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    _check_database(uri)
    import mlflow

    mlflow.set_tracking_uri(uri)
    return mlflow.MlflowClient(uri)


def open_store(uri: str, *, may_be_new: bool) -> "MlflowClient":
    """Return a client of a store that answers.

    Args:
        uri: Address of a server, or of a database.
        may_be_new: Whether a sqlite database may be absent, and is made.

    Raises:
        ConnectionError: When the store is out of reach, damaged or absent; the message is one line with its address.
    """
    # Without the password of whoever connects.
    shown = re.sub(r"//[^/@]*@", "//", uri)
    database = database_of(uri)
    if not may_be_new and database is not None and not database.is_file():
        raise ConnectionError(f"MLflow: no database {database}; set MLFLOW_TRACKING_URI, or run a pipeline first")
    try:
        client = connect(uri)
        client.search_experiments(max_results=1)
    except Exception as error:  # Whatever MLflow, its database or its server raise.
        said = first_line(error).replace(uri, shown)
        raise ConnectionError(
            f"MLflow: {shown} cannot be used ({said}); correct MLFLOW_TRACKING_URI, or start the server"
        ) from error
    return client


def find_experiment(client: "MlflowClient") -> str:
    """Return the id of our experiment; create it where the store has none."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return found.experiment_id
    return client.create_experiment(EXPERIMENT, tags={"mlflow.experimentKind": _EXPERIMENT_KIND})


def _check_database(uri: str) -> None:
    """Raise when a sqlite file is damaged, locked or cannot be written; MLflow would try again for minutes."""
    path = database_of(uri)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=WAIT_SECONDS)) as database:
            database.execute("BEGIN IMMEDIATE").execute("SELECT count(*) FROM sqlite_master")
