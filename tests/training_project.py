"""A project that stands right before rl_train, the stage run in it, and what verl logged meanwhile."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import yaml

from proguard.guard_folder import seal_guard
from proguard.policy import full_policy
from proguard.prompt import PromptFormat
from proguard.row import make_row
from proguard.runtime.params import compose_params
from tests.tables import write_rows
from tests.worlds import draw_rows, make_guard_card, store_images, taxonomy
from tools.closure import ROOT

POLL_SECONDS = 0.2


@dataclass
class Training:
    """What a run of the stage left behind."""

    returncode: int
    stderr: str
    steps: dict[int, dict[str, float]] = field(default_factory=dict)
    """verl's numbers by step, of this start alone; the last step's may be missing, as the stage removes them."""


def make_project(
    folder: Path, *, n_rows: int, choices: Sequence[str] = (), base: Path | None = None, is_full: bool = False
) -> Path:
    """Write rows of all three modalities, their images, params.yaml and the base; return ``folder``.

    Args:
        choices: Overrides under which ``conf/`` is composed.
        base: The model to train; ``None`` is the tiny base.
        is_full: Give the whole taxonomy in each prompt, in the style ``full``: the paper's prompt lengths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_text(yaml.safe_dump(compose_params(ROOT / "conf", list(choices))))
    # Hydra looks for params.yaml next to where a link leads.
    shutil.copytree(ROOT / "stages", folder / "stages")
    (folder / "proguard").symlink_to(ROOT / "proguard")
    shutil.copytree(base or ROOT / "data" / "tiny_base", folder / "data" / "guards" / "base")
    shutil.copy(ROOT / "data" / "taxonomy.yaml", folder / "data")
    card = make_guard_card(prompt=PromptFormat("full" if is_full else "compact"))
    seal_guard(folder / "data" / "guards" / "base", card, ROOT / "data" / "taxonomy.yaml")
    rows, images = draw_rows(n_rows)
    if is_full:
        whole = full_policy(taxonomy(), "subcategory")
        rows = [make_row(row.sample, whole, "shown" if row.role == "hidden" else row.role, taxonomy()) for row in rows]
    write_rows(rows, folder / "data" / "splits" / "train.parquet")
    store_images(images, folder / "data" / "collected" / "images")
    return folder


def train(
    project: Path, *overrides: str, kill_at: int | None = None, at: Callable[[int], None] | None = None, timeout: float
) -> Training:
    """Run the stage to its end, or kill it as soon as step ``kill_at`` is logged and has its checkpoint.

    Args:
        at: Called with each step that is logged and has its checkpoint.
        timeout: Seconds after which a run that has not ended is killed and fails the test.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MLFLOW_TRACKING_URI": f"sqlite:///{project / 'mlflow.db'}",
        "DVC_ROOT": str(project),
    }
    known = set(_verl_logs(project))
    seen: dict[int, dict[str, float]] = {}
    settled, until = 0, time.monotonic() + timeout
    log = project / "stderr.txt"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "stages/rl_train.py", *overrides], cwd=project, env=environment,
            stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True,
        )  # fmt: skip
        while process.poll() is None:
            time.sleep(POLL_SECONDS)
            for file in set(_verl_logs(project)) - known:
                seen |= _read_steps(file)
            if (step := min(saved_step(project), max(seen, default=0))) > settled:
                settled = step
                if at is not None:
                    at(settled)
            if settled == kill_at or time.monotonic() > until:
                process.send_signal(signal.SIGKILL)
                process.wait()
    text = log.read_text(encoding="utf-8", errors="replace")
    assert time.monotonic() < until, f"the stage did not end in {timeout} s: {text[-3000:]}"
    return Training(process.returncode, text, seen)


def saved_step(project: Path) -> int:
    """Return the step of the last checkpoint, 0 when there is none."""
    files = list(project.glob(".work/rl_train/*/checkpoints/latest_checkpointed_iteration.txt"))
    return int(files[0].read_text() or 0) if files else 0


def read_curve(project: Path) -> pl.DataFrame:
    """Return the curve of a finished training."""
    return pl.read_csv(project / "data" / "training" / "curve.csv")


def _verl_logs(project: Path) -> list[Path]:
    return list(project.glob(".work/rl_train/*/verl-*.jsonl"))


def _read_steps(file: Path) -> dict[int, dict[str, float]]:
    try:
        lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    except FileNotFoundError:  # The stage removes it at its end.
        return {}
    return {entry["step"]: entry["data"] for entry in map(json.loads, lines)}
