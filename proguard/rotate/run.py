"""A rotation from its start to its table: which commit, which folds, what the finished ones say."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from proguard.naming import NameBank, SimilarityConfig
from proguard.rotate.folds import Rotation, Run, Shell, run_fold
from proguard.rotate.measured import measure_categories, read_fold
from proguard.rotate.record import log_rotation, open_tracking, tracking_environment
from proguard.rotate.table import make_lines, table_json, write_markdown
from proguard.runtime.allowed import check_settings
from proguard.runtime.inputs import check_inputs
from proguard.runtime.params import compose_params
from proguard.runtime.provenance import deciding_paths
from proguard.storage.files import atomic_file, write_json
from proguard.taxonomy import load_taxonomy

COMPOSED = "params.yaml"
"""Composed anew in every fold, so that it decides nothing."""

MARKDOWN, JSON = "rotation.md", "rotation.json"


def open_rotation(
    work: Path, *, overrides: Sequence[str], folds: Sequence[int] | None
) -> tuple[Rotation, dict[str, Any]]:
    """Return the rotation of this project's commit, and the composed settings that its folds share.

    Args:
        work: Folder of the folds.
        overrides: Of every fold.
        folds: Those to run; ``None`` for all.

    Raises:
        ValueError: When there is no such fold, an override or a setting is refused, or a file that decides is not
            committed.
    """
    settings = compose_params(overrides=overrides)
    check_settings(settings)
    n_folds = settings["ood_split"]["n_folds"]
    if wrong := [fold for fold in folds or () if not 0 <= fold < n_folds]:
        raise ValueError(f"--folds: expected 0 to {n_folds - 1}, ood_split.n_folds is {n_folds}; found {wrong[0]}")
    if fixed := [value for value in overrides if value.lstrip("+").startswith("ood_split.fold=")]:
        raise ValueError(f"{fixed[0]}: every fold sets it; choose folds with --folds")
    decides = [path for path in deciding_paths(settings) if path != COMPOSED]
    if changed := _git("status", "--porcelain", "--", *decides):
        raise ValueError(f"commit first, a fold runs the commit; changed: {' '.join(changed.split()[1::2][:5])}")
    return Rotation(Path.cwd(), work.resolve(), _git("rev-parse", "HEAD"), tuple(overrides)), settings


def rotate(
    rotation: Rotation, settings: Mapping[str, Any], *, folds: Sequence[int] | None, run: Run | None = None
) -> None:
    """Run the folds that are not finished, one after the other.

    Args:
        rotation: What is run.
        settings: Composed settings.
        folds: Those to run; ``None`` for all.
        run: Runs a command; ``None`` runs it on this machine.

    Raises:
        OSError: When one fails.
    """
    open_tracking(settings)
    run = run or Shell({**os.environ, **tracking_environment(settings, rotation.project)})
    for fold in tqdm(folds or range(settings["ood_split"]["n_folds"]), desc="rotate", unit="fold", disable=None):
        run_fold(rotation, fold, run)


def write_tables(rotation: Rotation, settings: Mapping[str, Any]) -> str:
    """Write the table of the finished folds as Markdown and JSON, log it to MLflow, and return it as Markdown.

    Raises:
        ValueError: When no fold is finished.
    """
    n_folds, evaluate = settings["ood_split"]["n_folds"], settings["evaluate"]
    finished = [fold for fold in range(n_folds) if rotation.is_finished(fold)]
    if not finished:
        raise ValueError(
            f"no fold is finished in {rotation.work} on commit {rotation.commit[:7]}"
            f"{' under these overrides' if rotation.overrides else ''}; run without --table"
        )
    check_inputs(settings["paths"])
    bank = NameBank(load_taxonomy(settings["paths"]["taxonomy"]), SimilarityConfig(**settings["similarity"]))
    folds = [read_fold(rotation.folder(fold), fold) for fold in finished]
    guards = [evaluate["baseline"], evaluate["trained"]]
    lines = make_lines(folds, guards=guards, test_set=evaluate["test_set"], confidence=evaluate["confidence"])
    categories = [c for fold in folds for c in measure_categories(rotation.folder(fold.number), fold, bank)]
    text = write_markdown(folds, lines, categories, n_folds=n_folds, confidence=evaluate["confidence"])
    with atomic_file(rotation.work / MARKDOWN) as temporary:
        temporary.write_text(text, encoding="utf-8")
    content = {
        "commit": rotation.commit,
        "overrides": list(rotation.overrides),
        "n_folds": n_folds,
        "folds": {str(fold.number): list(fold.novel) for fold in folds},
        **table_json(lines, categories),
    }
    write_json(content, rotation.work / JSON)
    if len(folds) == n_folds:
        log_rotation(rotation, settings, lines, [rotation.work / MARKDOWN, rotation.work / JSON])
    return text


def _git(*arguments: str) -> str:
    """Return what git prints.

    Raises:
        ValueError: When it fails, as outside of a repository, or is not installed.
    """
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        raise ValueError(f"git: {error.strerror}; a fold is a clone of the project, so install git") from error
    if done.returncode:
        raise ValueError(f"git {arguments[0]}: {done.stderr.strip()}; run from the project's root")
    return done.stdout.strip()
