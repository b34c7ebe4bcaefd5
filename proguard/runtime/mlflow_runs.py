"""The MLflow runs of a pipeline and its stages: how they begin, what they hold, how they end.

All stages that one `dvc` process starts share a parent run. A stage that DVC takes from its cache starts no process and
so adds no run. Everything here may raise; `proguard.runtime.tracking` is the boundary.
"""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from filelock import FileLock

from proguard.flatten import flatten
from proguard.runtime import provenance
from proguard.runtime.params import CONF, compose_params
from proguard.runtime.processes import Process, pipeline_process, this_process
from proguard.runtime.store import PROCESS_TAG, connect, database_of, find_experiment, tracking_uri
from proguard.storage.files import read_json, read_json_lines

if TYPE_CHECKING:
    from mlflow import MlflowClient

Status = Literal["FINISHED", "FAILED", "KILLED"]

LOCK_SECONDS = 60
"""Longest wait for other stages that open their runs; the first one makes the tables of the database."""

MAX_HEADLINES = 6
"""Metrics on a pipeline's run: as many as MLflow's compare page shows without scrolling."""

_FINAL_STAGE = "evaluate"
_TRAINING_STAGE = "rl_train"
_AFTER_SPLIT = (_TRAINING_STAGE, "predict", _FINAL_STAGE)
_UNTRACKED = ("runtime.", "paths.", "plan.", "guards.", "predict.guard", "predict.test_set")
_HEADLINE_PARAMS = {
    "profile",
    "base_model.model",
    "modality_balance.strategy",
    "ood_split.fold",
    "rl_train.steps",
    "rl_train.lr",
    "rl_train.seed",
}
_PARENT, _PIPELINE, _FAILED = "mlflow.parentRunId", "proguard.pipeline", "proguard.failed_stage"


@dataclass(frozen=True, slots=True)
class StageRun:
    """The open run of a stage."""

    client: "MlflowClient"
    stage: str
    child: str
    """Run id of the stage."""

    parent: str
    """Run id of the pipeline."""


def open_run(stage: str, params: Mapping[str, Any]) -> StageRun:
    """Open the run of a stage, and that of its pipeline for the first one; end runs whose process is gone."""
    uri = tracking_uri(params)
    lock = _lock_file(uri)
    lock.parent.mkdir(parents=True, exist_ok=True)
    # Before the lock, as it takes seconds.
    import mlflow  # noqa: F401

    with FileLock(lock, timeout=LOCK_SECONDS):
        # The first client of a database makes its tables, which two at a time cannot.
        client = connect(uri)
        experiment = find_experiment(client)
        end_stale_runs(client, experiment)
        parent = _find_parent(client, experiment) or _create_parent(client, experiment, params)
    client.update_run(parent, status="RUNNING")
    name = os.environ.get("DVC_STAGE", stage)
    tags = {_PARENT: parent, "proguard.stage": stage, PROCESS_TAG: str(this_process())}
    child = client.create_run(experiment, run_name=name, tags=tags).info.run_id
    return StageRun(client, stage, child, parent)


def close_run(run: StageRun, status: Status, params: Mapping[str, Any]) -> None:
    """End the run of a stage, and that of its pipeline until another stage begins; then log what the stage wrote.

    Runs end first: no failure below leaves one running.
    """
    if status != "FINISHED":
        run.client.set_tag(run.parent, _FAILED, run.stage)
    run.client.set_terminated(run.child, status)
    has_failed = _FAILED in run.client.get_run(run.parent).data.tags
    run.client.set_terminated(run.parent, "FAILED" if has_failed and status == "FINISHED" else status)
    if status != "FINISHED":
        return
    paths = params["paths"]
    summary = _read(Path(paths["summaries"]) / f"{_file_name(run.stage)}.json")
    log_numbers(run, dict(flatten(summary)), 0)
    for key, value in provenance.hashes_of(paths).items():
        run.client.set_tag(run.parent, f"proguard.{key}", value)
    if run.stage == _TRAINING_STAGE:
        _log_training(run, Path(paths["training"]))
    if run.stage in _AFTER_SPLIT:
        _log_data(run, params)
    if run.stage == _FINAL_STAGE:
        _log_result(run, summary, paths)


def log_numbers(run: StageRun, values: Mapping[str, Any], step: int) -> None:
    """Log the numbers among ``values`` as metrics of the stage's run."""
    _log_metrics(run.client, run.child, values, step)


def end_stale_runs(client: "MlflowClient", experiment: str) -> None:
    """End the runs of processes of this machine that are gone, as after a SIGKILL or a power cut."""
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'", max_results=1000):
        process = Process.parse(run.data.tags.get(PROCESS_TAG, ""))
        if process is not None and process.machine == socket.gethostname() and not process.is_alive():
            client.set_terminated(run.info.run_id, "KILLED")


def _lock_file(uri: str) -> Path:
    """Return what processes that open runs in one place lock: a database's own file, for a server one of the project.

    Experiments of DVC's queue run in folders of their own and may share a database.
    """
    database = database_of(uri)
    if database is not None:
        return database.with_name(f"{database.name}.lock")
    return Path(os.environ.get("DVC_ROOT", ".")) / ".dvc" / "tmp" / "mlflow.lock"


def _find_parent(client: "MlflowClient", experiment: str) -> str | None:
    key = _pipeline_key(pipeline_process())
    found = client.search_runs([experiment], f"tags.`{_PIPELINE}` = '{key}'", max_results=1)
    return found[0].info.run_id if found else None


def _create_parent(client: "MlflowClient", experiment: str, params: Mapping[str, Any]) -> str:
    import mlflow

    process = pipeline_process()
    name = os.environ.get("DVC_EXP_NAME") or f"repro {provenance.short_commit() or 'uncommitted'}"
    tags = {_PIPELINE: _pipeline_key(process), PROCESS_TAG: str(process), **provenance.source_tags(params)}
    run = client.create_run(experiment, run_name=name, tags=tags).info.run_id
    mlflow.log_params({k: str(v)[:500] for k, v in shown_params(params).items()}, run_id=run)
    return run


def shown_params(params: Mapping[str, Any], conf: Path = CONF) -> dict[str, Any]:
    """Return the parameters that a pipeline's run shows: the headline ones, and those that differ from the profile's.

    MLflow's page that compares two runs lists all parameters of both, so equal ones would hide those that differ. The
    artifact params.yaml has all of them.
    """
    leaves = {key: value for key, value in flatten(params) if not key.startswith(_UNTRACKED)}
    default = dict(flatten(compose_params(conf, [f"profile={params['profile']}"]))) if conf.exists() else {}
    return {k: v for k, v in leaves.items() if k in _HEADLINE_PARAMS or k not in default or default[k] != v}


def _pipeline_key(process: Process) -> str:
    return f"{process} {os.environ.get('DVC_EXP_NAME', '')}".strip()


def _log_data(run: StageRun, params: Mapping[str, Any]) -> None:
    from mlflow.entities import DatasetInput, InputTag

    if data := provenance.data_set(params):
        run.client.log_inputs(run.parent, [DatasetInput(data, [InputTag("mlflow.data.context", "training")])])


def _log_training(run: StageRun, folder: Path) -> None:
    """Put what the training left behind on its run, the sampled rollouts as a table."""
    for file in sorted(folder.glob("*.csv")):
        run.client.log_artifact(run.child, str(file))
    samples = folder / "rollouts.jsonl"
    if lines := list(read_json_lines(samples)) if samples.exists() else []:
        table = {column: [line[column] for line in lines] for column in lines[0]}
        run.client.log_table(run.child, table, "rollouts.json")


def _log_result(run: StageRun, summary: Mapping[str, Any], paths: Mapping[str, str]) -> None:
    """Put the headline metrics, the sentence of the verdict and the files that a reader opens on the pipeline's run."""
    headline = dict(list(summary["headline"].items())[:MAX_HEADLINES])
    _log_metrics(run.client, run.parent, headline, 0)
    run.client.set_tag(run.parent, "mlflow.note.content", summary["verdict"])
    for artifact in (paths["report"], paths["report_md"], paths["metrics"], "dvc.lock", "params.yaml"):
        if Path(artifact).exists():
            run.client.log_artifact(run.parent, artifact)


def _log_metrics(client: "MlflowClient", run: str, values: Mapping[str, Any], step: int) -> None:
    import mlflow

    numbers = {_clean(k): float(v) for k, v in values.items() if isinstance(v, int | float) and k}
    if numbers:
        mlflow.log_metrics(numbers, step=step, run_id=run)


def _file_name(stage: str) -> str:
    """Return the name of the stage's summary; of ``predict@base-test`` it is ``predict-base-test``."""
    return os.environ.get("DVC_STAGE", stage).replace("@", "-")


def _read(path: Path) -> dict[str, Any]:
    return read_json(path) if path.exists() else {}


def _clean(key: str) -> str:
    """Return ``key`` without commas, and with ``_`` for what else MLflow refuses in a metric's name."""
    return "".join(c if c.isalnum() or c in "_-./: " else "_" for c in key.replace(",", ""))
