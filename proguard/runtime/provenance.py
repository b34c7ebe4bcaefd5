"""Where a pipeline's result comes from: commit, local changes, command, and the hashes of guard and data."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from proguard.card import CARD_FILE, TRAINED
from proguard.flatten import flatten
from proguard.runtime.processes import find_dvc
from proguard.runtime.reading import reading
from proguard.storage.files import read_json
from proguard.storage.fingerprint import fingerprint

if TYPE_CHECKING:
    from mlflow.entities import Dataset

PIPELINE = Path("dvc.yaml")
LOCK = Path("dvc.lock")

GIT_SECONDS = 30

_METRIC_CODE = tuple(Path(__file__).parents[1] / name for name in ("evaluate/metrics", "readings"))
"""Packages that make numbers of predictions."""

_ALWAYS = ("conf", "params.yaml", "dvc.yaml", "requirements.lock", "requirements-gpu.lock")
"""What decides a result and is no stage's dependency."""


def source_tags(params: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of a pipeline's run that say what was run."""
    dvc, commit = find_dvc(), _git("rev-parse", "HEAD")
    tags = {"mlflow.source.name": " ".join(["dvc", *_arguments(dvc.cmdline())]) if dvc else "a stage by hand"}
    tags["mlflow.source.type"] = "PROJECT"
    if commit:
        changed = _git("status", "--porcelain", "--", *deciding_paths(params))
        dirty = "unknown" if changed is None else str(bool(changed)).lower()
        tags |= {"mlflow.source.git.commit": commit, "proguard.commit": commit, "proguard.dirty": dirty}
    if branch := _git("branch", "--show-current"):
        tags["mlflow.source.git.branch"] = branch
    if name := os.environ.get("DVC_EXP_NAME"):
        tags["dvc.experiment"] = name
    return tags


def short_commit() -> str | None:
    """Return the commit's short name; ``None`` outside of git."""
    return _git("rev-parse", "--short", "HEAD")


def deciding_paths(params: Mapping[str, Any]) -> list[str]:
    """Return the files and folders that decide a result: conf/, and the dependencies that no stage makes.

    DVC removes a stage's outputs before it starts the stage, so those would look changed in a fresh clone.
    """
    paths = {f"${{{key}}}": str(value) for key, value in flatten({"paths": params["paths"]})}
    made: set[str] = set()
    needed: set[str] = set(_ALWAYS)
    with reading(PIPELINE, "`git checkout` brings it back"):
        stages = dict(yaml.safe_load(PIPELINE.read_text(encoding="utf-8"))["stages"])
    for stage in stages.values():
        needed.update(_resolve(dep, paths) for dep in stage.get("deps", []))
        if not stage.get("frozen"):
            outs = [*stage.get("outs", []), *stage.get("metrics", [])]
            made.update(_resolve(next(iter(out)) if isinstance(out, dict) else out, paths) for out in outs)
    return sorted(path for path in needed if not any(path == out or path.startswith(f"{out}/") for out in made))


def hashes_of(paths: Mapping[str, str]) -> dict[str, str]:
    """Return the hashes of a result, absent ones left out.

    Those on the guard's card; as ``data``, DVC's hash of the splits; as ``metrics``, that of the metric code.
    """
    card = Path(paths["guards"]) / TRAINED / CARD_FILE
    hashes = dict(read_json(card)["hashes"]) if card.exists() else {}
    hashes |= {"data": data} if (data := _locked_hash(paths["splits"])) else {}
    return hashes | {"metrics": fingerprint(*(file for folder in _METRIC_CODE for file in sorted(folder.glob("*.py"))))}


def data_set(params: Mapping[str, Any]) -> "Dataset | None":
    """Return the splits as a data set of MLflow; ``None`` where DVC has not made them."""
    from mlflow.entities import Dataset

    splits, digest = params["paths"]["splits"], _locked_hash(params["paths"]["splits"])
    if digest is None or "DVC_STAGE" not in os.environ:
        return None
    summary = Path(params["paths"]["summaries"]) / "ood_split.json"
    profile = json.dumps(read_json(summary)["rows"]) if summary.exists() else None
    return Dataset(params["profile"], digest, "local", json.dumps({"uri": splits}), profile=profile)


def _locked_hash(path: str) -> str | None:
    if not LOCK.exists():
        return None
    with reading(LOCK, "`git checkout` brings it back"):
        stages = yaml.safe_load(LOCK.read_text(encoding="utf-8"))["stages"]
        outs = stages.get("ood_split", {}).get("outs", [])
        return next((out["md5"] for out in outs if out["path"] == path), None)


def _resolve(path: str, paths: Mapping[str, str]) -> str:
    for name, value in paths.items():
        path = path.replace(name, value)
    return path


def _arguments(command: list[str]) -> list[str]:
    """Return what follows `dvc` on its command line."""
    at = next(i for i, part in enumerate(command) if Path(part).name.startswith("dvc"))
    return command[at + 1 :]


def _git(*arguments: str) -> str | None:
    """Return what git prints; ``None`` when it fails or is not installed."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False, timeout=GIT_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
