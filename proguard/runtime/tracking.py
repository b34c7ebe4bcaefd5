"""MLflow: one run per pipeline run, its stages as children.

All stages that one `dvc` process starts share a parent run. A stage that DVC takes from its cache starts no process and
so adds no run. Files come first: when the tracking server is down this says so once, and nothing is lost but the copy.
"""

import logging
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import yaml
from filelock import FileLock

from proguard.card import CARD_FILE, TRAINED
from proguard.flatten import flatten
from proguard.storage.files import read_json

EXPERIMENT = "proguard"

_LOG = logging.getLogger(__name__)
_FINAL_STAGE = "evaluate"
_KIND = "custom_model_development"
"""Has MLflow's pages open on runs and metrics and not on traces of language model calls."""


@contextmanager
def track_stage(stage: str, params: Mapping[str, Any]) -> Iterator[None]:
    """Run the block as a child run named ``stage``, active in this process as ``mlflow.active_run()``.

    Its summary file's numbers become metrics of the child, those of evaluate metrics of the parent too.

    Args:
        params: The whole of params.yaml; ``paths.summaries``, ``paths.metrics`` and ``paths.report`` are read.
    """
    try:
        parent = _open_parent(params)
        child = _open_child(stage, parent)
    except _tracking_errors() as error:
        _LOG.warning("MLflow does not answer, this stage is not tracked: %s", _first_line(error))
        os.environ["MLFLOW_RUN_ID"] = ""
        yield
        return
    status = "FAILED"
    try:
        yield
        status = "FINISHED"
    finally:
        try:
            _close(stage, params, parent, child, status)
        except _tracking_errors() as error:
            _LOG.warning("MLflow stopped answering, %s is tracked in part: %s", stage, _first_line(error))


def log_step(metrics: Mapping[str, float], step: int) -> None:
    """Log the numbers of one training step to the stage's run; without one this does nothing."""
    import mlflow

    run_id = os.environ.get("MLFLOW_RUN_ID")
    if not run_id:
        return
    try:
        mlflow.log_metrics({_clean(k): v for k, v in metrics.items()}, step=step, run_id=run_id)
    except _tracking_errors() as error:
        _LOG.warning("MLflow stopped answering, curves end here: %s", _first_line(error))
        os.environ["MLFLOW_RUN_ID"] = ""


def _open_parent(params: Mapping[str, Any]) -> str:
    """Return the id of this pipeline run's parent run, created when this is its first stage."""
    import mlflow

    root = Path(os.environ.get("DVC_ROOT", "."))
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    if "MLFLOW_TRACKING_URI" not in os.environ:
        uri = params.get("runtime", {}).get("tracking_uri")
        os.environ["MLFLOW_TRACKING_URI"] = uri or f"sqlite:///{(root / 'mlflow.db').resolve()}"
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    (root / ".dvc" / "tmp").mkdir(parents=True, exist_ok=True)
    with FileLock(root / ".dvc" / "tmp" / "mlflow.lock"):
        experiment = mlflow.set_experiment(EXPERIMENT).experiment_id
        mlflow.set_experiment_tag("mlflow.experimentKind", _KIND)
        key = _pipeline_key()
        found = mlflow.search_runs(
            [experiment], f"tags.`proguard.pipeline` = '{key}'", max_results=1, output_format="list"
        )
        if found:
            return found[0].info.run_id
        client = mlflow.MlflowClient()
        name = os.environ.get("DVC_EXP_NAME") or f"repro {_git('rev-parse', '--short', 'HEAD') or 'uncommitted'}"
        run = client.create_run(experiment, run_name=name, tags=_tags(key))
        mlflow.log_params(
            {k: str(v)[:500] for k, v in flatten(params) if not k.startswith(("runtime.", "paths."))},
            run_id=run.info.run_id,
        )
        return run.info.run_id


def _open_child(stage: str, parent: str) -> str:
    import mlflow

    name = os.environ.get("DVC_STAGE", stage)
    experiment = mlflow.get_run(parent).info.experiment_id
    tags = {"mlflow.parentRunId": parent, "proguard.stage": stage}
    run_id = mlflow.MlflowClient().create_run(experiment, run_name=name, tags=tags).info.run_id
    os.environ["MLFLOW_RUN_ID"] = run_id
    return run_id


def _close(stage: str, params: Mapping[str, Any], parent: str, child: str, status: str) -> None:
    import mlflow

    client = mlflow.MlflowClient()
    paths = params.get("paths", {})
    if status == "FINISHED":
        mlflow.log_metrics(_numbers(Path(paths["summaries"]) / _summary_name(stage)), run_id=child)
        if stage == _FINAL_STAGE:
            mlflow.log_metrics(_numbers(Path(paths["metrics"])), run_id=parent)
            for artifact in (Path(paths["report"]), Path("dvc.lock"), Path("params.yaml")):
                if artifact.exists():
                    client.log_artifact(parent, str(artifact))
        for key, value in _provenance(Path(paths["guards"]) / TRAINED, paths["splits"]).items():
            client.set_tag(parent, f"proguard.{key}", value)
    client.set_terminated(child, status)
    client.set_terminated(parent, status)


def _summary_name(stage: str) -> str:
    """Return the file of the stage's summary; of ``predict@base-test`` it is ``predict-base-test.json``."""
    return f"{os.environ.get('DVC_STAGE', stage).replace('@', '-')}.json"


def _numbers(path: Path) -> dict[str, float]:
    if not path.exists():
        return {}
    leaves = flatten(read_json(path))
    return {_clean(k): float(v) for k, v in leaves if isinstance(v, int | float) and k}


def _clean(key: str) -> str:
    """MLflow's metric names hold letters, digits and ``_ - . / :`` and space."""
    return "".join(c if c.isalnum() or c in "_-./: " else "_" for c in key)


def _pipeline_key() -> str:
    """Name the `dvc` process above this one, by pid and start; a stage run by hand is a pipeline of its own."""
    above = [psutil.Process(), *psutil.Process().parents()]
    dvc = [p for p in above if any(Path(part).name in ("dvc", "dvc.exe") for part in p.cmdline()[:3])]
    process = dvc[-1] if dvc else above[0]
    return f"{process.pid}-{process.create_time():.2f}-{os.environ.get('DVC_EXP_NAME', '')}"


def _tags(key: str) -> dict[str, str]:
    commit, dirty = _git("rev-parse", "HEAD"), _git("status", "--porcelain")
    tags = {"proguard.pipeline": key, "proguard.dirty": str(bool(dirty)).lower()}
    if commit:
        tags["mlflow.source.git.commit"] = tags["proguard.commit"] = commit
    if name := os.environ.get("DVC_EXP_NAME"):
        tags["dvc.experiment"] = name
    return tags


def _provenance(guard: Path, splits: str) -> dict[str, str]:
    """Return the hashes on the guard's card and, as ``data``, DVC's hash of the splits; absent ones are left out."""
    hashes = dict(read_json(guard / CARD_FILE)["hashes"]) if (guard / CARD_FILE).exists() else {}
    if Path("dvc.lock").exists():
        stages = yaml.safe_load(Path("dvc.lock").read_text(encoding="utf-8"))["stages"]
        for out in stages.get("ood_split", {}).get("outs", []):
            if out["path"] == splits:
                hashes["data"] = out["md5"]
    return hashes


def _git(*arguments: str) -> str | None:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def _tracking_errors() -> tuple[type[Exception], ...]:
    import requests
    import sqlalchemy.exc
    from mlflow.exceptions import MlflowException

    return (MlflowException, requests.exceptions.RequestException, sqlalchemy.exc.SQLAlchemyError)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
