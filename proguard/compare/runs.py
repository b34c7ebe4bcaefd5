"""Files of a pipeline run: which ones, by the dvc.lock that MLflow keeps, and where the DVC cache has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from proguard.errors import first_line
from proguard.runtime.store import open_store, tracking_uri


@dataclass(frozen=True, slots=True)
class RunFiles:
    """A pipeline run by its dvc.lock."""

    name: str
    """Of the run, for sentences."""

    stages: Mapping[str, Mapping[str, Any]]
    """Stages of dvc.lock: ``deps`` and ``outs`` with path and MD5."""

    cache: Path
    """Folder of the DVC cache that has the files by MD5."""

    metrics: str | None
    """Hash of the code that made the run's metrics; ``None`` for a run of an earlier version."""

    def sets_of(self, guard: str) -> list[str]:
        """Return the test sets that a guard was asked about."""
        start = f"predict@{guard}-"
        return [stage.removeprefix(start) for stage in self.stages if stage.startswith(start)]

    def predictions(self, guard: str, test_set: str) -> Path:
        """Return the file of a guard's predictions."""
        return self._locate(self._predict(guard, test_set, "outs"), f"{guard}-{test_set}.parquet")

    def rows(self, guard: str, test_set: str) -> Path:
        """Return the file of a test set's rows."""
        return self._locate(self._predict(guard, test_set, "deps"), f"{test_set}.parquet")

    def taxonomy(self, guard: str) -> Path:
        """Return the taxonomy that a guard was asked under."""
        first = self.sets_of(guard)[0]
        return self._locate(self._predict(guard, first, "deps"), "taxonomy.yaml")

    def hashes(self, guard: str, test_sets: Sequence[str]) -> dict[str, str | None]:
        """Return what has to be the same for a comparison, by what it is called."""
        found: dict[str, str | None] = {}
        for name in test_sets:
            deps = self._predict(guard, name, "deps")
            found[f"test set {name}"] = _md5(deps, f"{name}.parquet")
            found["taxonomy"] = _md5(deps, "taxonomy.yaml")
        found["label maps"] = _md5(self.stages.get("taxonomy_map", {}).get("deps", []), "label_maps.yaml")
        # What two runs did not record need not be the same.
        found["metric code"] = self.metrics or f"not recorded by {self.name}"
        return found

    def _predict(self, guard: str, test_set: str, key: Literal["deps", "outs"]) -> Any:
        return self.stages[f"predict@{guard}-{test_set}"].get(key)

    def _locate(self, entries: Any, file: str) -> Path:
        md5 = _md5(entries, file)
        if md5 is None:
            raise ValueError(f"run {self.name}: its dvc.lock names no {file}")
        path = self.cache / md5[:2] / md5[2:]
        if not path.is_file():
            raise FileNotFoundError(
                f"run {self.name}: {file} ({md5}) is not in the DVC cache {self.cache}; `dvc fetch` may bring it"
            )
        return path


def _md5(entries: Any, file: str) -> str | None:
    """Return the MD5 of a file among the entries of a stage; ``None`` when they are damaged or lack it."""
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and Path(str(entry.get("path"))).name == file:
            return entry.get("md5")
    return None


def check_same(first: RunFiles, second: RunFiles, guard: str, test_sets: Sequence[str]) -> None:
    """Raise `ValueError` when two runs differ in what has to be the same; the message names all that differs."""
    one, other = (run.hashes(guard, test_sets) for run in (first, second))
    if differing := [name for name in one if one[name] != other.get(name)]:
        raise ValueError(
            f"runs {first.name} and {second.name} cannot be compared: they differ in {', '.join(differing)}; run both "
            "on the same data with the same code"
        )


def find_run(run_id: str, params: Mapping[str, Any]) -> RunFiles:
    """Return the files of a pipeline's run in MLflow.

    Raises:
        ConnectionError: When MLflow is out of reach.
        ValueError: When MLflow has no such run, the run no dvc.lock, or this folder no DVC cache.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from mlflow.exceptions import MlflowException

    client = open_store(tracking_uri(params), may_be_new=False)
    try:
        run = client.get_run(run_id)
        path = client.download_artifacts(run_id, "dvc.lock")
    except (MlflowException, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"run {run_id}: {reason}; expected the run of a whole pipeline, with its dvc.lock") from None
    try:
        cache = Path(Repo().cache.local.path)
    except DvcException as error:
        raise ValueError(f"DVC cache: {first_line(error)}; run from the project's root") from error
    name = run.info.run_name or run_id[:8]
    return RunFiles(name, read_stages(Path(path), name), cache, run.data.tags.get("proguard.metrics"))


def read_stages(lock: Path, run: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the stages of a dvc.lock.

    Raises:
        ValueError: When it is damaged; the message names the run.
    """
    try:
        content = yaml.safe_load(lock.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"run {run}: its dvc.lock is damaged: {first_line(error)}") from error
    stages = content.get("stages") if isinstance(content, dict) else None
    if not isinstance(stages, dict) or not all(isinstance(stage, dict) for stage in stages.values()):
        raise ValueError(f"run {run}: its dvc.lock is damaged: it has no stages")
    return stages
