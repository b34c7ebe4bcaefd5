"""One fold of the rotation: a clone of the project in which `dvc exp run` makes the fold's categories novel.

A clone has the project's commit and shares its DVC cache, so stages that do not depend on the fold run once, and the
working tree stays as it is. What a killed run had finished is in the clone and in the cache; its checkpoints are under
the clone's ``runtime.work``. So the same command goes on where it was.
"""

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proguard.runtime.lock import exclusive
from proguard.runtime.reading import reading
from proguard.runtime.signals import end_children
from proguard.storage.files import read_json, write_json

FINAL_STAGE = "evaluate"

Run = Callable[[Sequence[str], Path], str]
"""Runs a command in a folder and returns what it printed; raises `OSError` when it fails."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What is run in every fold."""

    project: Path
    """Root of the project."""

    work: Path
    """Folder of the folds."""

    commit: str
    """Commit that every fold runs."""

    overrides: tuple[str, ...] = ()
    """Hydra overrides of every fold."""

    def folder(self, fold: int) -> Path:
        """Return the clone of a fold."""
        return self.work / f"fold{fold}"

    def is_finished(self, fold: int) -> bool:
        """Return whether a fold was run to its end, on this commit and under these overrides."""
        path = self._mark_path(fold)
        with reading(path, "remove it to run the fold again"):
            return path.is_file() and read_json(path) == self._mark(fold)

    def finish(self, fold: int) -> None:
        """Mark a fold as run to its end."""
        write_json(self._mark(fold), self._mark_path(fold))

    def command(self, fold: int) -> list[str]:
        """Return the command that runs a fold in its folder, as an experiment of its own name."""
        name = f"rotation-fold-{fold}"
        if self.overrides:
            name += f"-{hashlib.sha256(' '.join(self.overrides).encode()).hexdigest()[:6]}"
        sets = [part for value in (f"ood_split.fold={fold}", *self.overrides) for part in ("--set-param", value)]
        return ["dvc", "exp", "run", "--name", name, *sets, FINAL_STAGE]

    def _mark_path(self, fold: int) -> Path:
        return self.work / f"fold{fold}.json"

    def _mark(self, fold: int) -> dict[str, Any]:
        return {"fold": fold, "commit": self.commit, "overrides": list(self.overrides)}


def run_fold(rotation: Rotation, fold: int, run: Run) -> None:
    """Run the pipeline of one fold to its end; what was done before is not done again.

    Raises:
        OSError: When git or dvc fails.
        RuntimeError: When another process runs the fold.
    """
    folder = rotation.folder(fold)
    with exclusive(folder):
        if rotation.is_finished(fold):
            return
        _check_out(rotation, folder, run)
        cache = run(["dvc", "cache", "dir"], rotation.project).strip()
        run(["dvc", "config", "--local", "cache.dir", str(rotation.project / cache)], folder)
        run(rotation.command(fold), folder)
        rotation.finish(fold)


def _check_out(rotation: Rotation, folder: Path, run: Run) -> None:
    """Bring a fold's clone to the rotation's commit; one that has it stays as it is, a killed run's work included."""
    if not folder.exists():
        temporary = folder.with_name(f".{folder.name}.tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        run(["git", "clone", "--quiet", str(rotation.project), str(temporary)], rotation.project)
        temporary.rename(folder)
    if run(["git", "rev-parse", "HEAD"], folder).strip() != rotation.commit:
        run(["git", "fetch", "--quiet", str(rotation.project), "HEAD"], folder)
        run(["git", "checkout", "--quiet", "--force", "--detach", rotation.commit], folder)


@dataclass(frozen=True)
class Shell:
    """Runs commands of this machine.

    What a pipeline prints goes to standard error as it comes; what other commands print is returned.
    """

    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, command: Sequence[str], folder: Path) -> str:
        """Run a command in a folder.

        Raises:
            OSError: When it exits with another code than 0.
        """
        output: Any = 2 if FINAL_STAGE in command else subprocess.PIPE
        process = subprocess.Popen(command, cwd=folder, stdout=output, text=True, env=dict(self.environment) or None)
        try:
            said, _ = process.communicate()
        except BaseException:
            end_children()
            raise
        if process.returncode:
            raise OSError(f"{' '.join(command[:3])}: exit code {process.returncode} in {folder}; what it said is above")
        return said or ""
