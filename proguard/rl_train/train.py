"""A GRPO run: verl in a process of its own, watched step by step.

verl exits 0 when it trained nothing, and drops samples whose reward raised. So this module checks the run itself: it
counts the rows that verl read and the rollouts on disk, and the reward's failure file must be absent.
"""

import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from proguard.reward.config import RewardConfig
from proguard.rl_train.config import Engine, GrpoConfig, TrainingFiles
from proguard.rl_train.curve import describe_step, read_verl_log
from proguard.rl_train.process import end_leftovers, running_verl
from proguard.rl_train.rollouts import read_rollouts
from proguard.rl_train.samples import is_sampled, sample_rollouts
from proguard.rl_train.terms import term_cells, term_curves
from proguard.runtime.lock import exclusive
from proguard.taxonomy import Taxonomy

LOG_TAIL_LINES = 40
POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Records:
    """What a training leaves behind besides its weights."""

    curve: dict[int, dict[str, float]] = field(default_factory=dict)
    """Numbers by step, ours from the rollouts and verl's from its logs."""

    cells: list[dict[str, Any]] = field(default_factory=list)
    """See `proguard.rl_train.terms.term_cells`."""

    samples: list[dict[str, Any]] = field(default_factory=list)
    """See `proguard.rl_train.samples.sample_rollouts`."""


def run_verl(
    overrides: Sequence[str],
    config: GrpoConfig,
    files: TrainingFiles,
    *,
    n_rows: int,
    taxonomy: Taxonomy,
    reward: RewardConfig,
    engine: Engine,
    stall_seconds: float,
    on_step: Callable[[Mapping[str, float], int], None],
) -> Records:
    """Train to ``config.steps``, going on from the last checkpoint in ``files.work``; return what it left behind.

    Args:
        n_rows: Rows in ``files.rows``.
        taxonomy: What the categories are.
        reward: What the guard is trained with.
        engine: Which program is started, with which variables.
        stall_seconds: Time without a new step after which the run counts as hung.
        on_step: Called once for each step, with its numbers.

    Raises:
        RuntimeError: When verl fails or hangs, it read another number of rows, a reward failed, fewer rollouts are on
            disk than were asked for, or another process trains in ``files.work``.
    """
    files.work.mkdir(parents=True, exist_ok=True)
    with exclusive(files.work):
        end_leftovers(files)
        _rewind(config, files)
        attempt = f"verl-{len(_verl_logs(files))}"
        with running_verl(engine, overrides, files, attempt=attempt) as process:
            _watch(process, config, files, taxonomy, reward, stall_seconds, on_step)
        _check_rewards(files)
        log = files.work / f"{attempt}.log"
        if process.returncode != 0:
            raise RuntimeError(f"rl_train: verl exited with {process.returncode}; the end of {log}:\n{_tail(log)}")
        check_rows_read(log, n_rows)
        _check_rollouts(config, files)
        return collect_records(config, files, taxonomy, reward)


def check_rows_read(log: Path, n_rows: int) -> None:
    """Raise unless verl's log says that it read ``n_rows`` rows, and dropped none of them.

    Raises:
        RuntimeError: When it says another number, or none.
    """
    # Source: the prints of verl/utils/dataset/rl_dataset.py.
    found = re.findall(r"dataset len: (\d+)", log.read_text(encoding="utf-8", errors="replace"))
    if not found or {int(n) for n in found} != {n_rows}:
        raise RuntimeError(f"rl_train: expected verl to read {n_rows} rows, found {found or 'no number'} in {log}")


def collect_records(config: GrpoConfig, files: TrainingFiles, taxonomy: Taxonomy, reward: RewardConfig) -> Records:
    """Return what is on disk of every step."""
    verl, records = read_verl_log(_verl_logs(files)), Records()
    for step in range(1, config.steps + 1):
        rollouts = read_rollouts(_rollouts_of(files, step), taxonomy, reward)
        records.curve[step] = describe_step(rollouts, taxonomy) | verl.get(step, {})
        records.cells.extend(term_cells(step, rollouts))
        if is_sampled(step, every=config.sample_every, steps=config.steps):
            records.samples.extend(sample_rollouts(step, rollouts))
    return records


def _watch(
    process: subprocess.Popen,
    config: GrpoConfig,
    files: TrainingFiles,
    taxonomy: Taxonomy,
    reward: RewardConfig,
    stall_seconds: float,
    on_step: Callable[[Mapping[str, float], int], None],
) -> None:
    """Show progress until the process ends; raise when a reward failed or no step came for too long."""
    step = _last_checkpoint(files)
    moved = time.monotonic()
    with tqdm(total=config.steps, initial=step, unit="step", desc="rl_train") as bar:
        while True:
            is_over = process.poll() is not None
            verl = read_verl_log(_verl_logs(files))
            logged_until = config.steps if is_over else max(verl, default=0)
            for new in _new_steps(step, config, files, logged_until):
                rollouts = read_rollouts(_rollouts_of(files, new), taxonomy, reward)
                numbers = describe_step(rollouts, taxonomy)
                on_step(numbers | verl.get(new, {}) | term_curves(rollouts), new)
                bar.set_postfix(reward=f"{numbers['reward']:.2f}", malformed=f"{numbers['malformed_rate']:.0%}")
                bar.update(1)
                step, moved = new, time.monotonic()
            if is_over:
                return
            _check_rewards(files)
            if time.monotonic() - moved > stall_seconds:
                raise RuntimeError(f"rl_train: no step for {stall_seconds:.0f} s after step {step}; see {files.work}")
            time.sleep(POLL_SECONDS)


def _new_steps(step: int, config: GrpoConfig, files: TrainingFiles, logged_until: int) -> Iterator[int]:
    """Yield the steps after ``step`` that verl has logged and whose rollouts are on disk whole."""
    while step < min(config.steps, logged_until) and _is_whole(step + 1, config, files):
        step += 1
        yield step


def _last_checkpoint(files: TrainingFiles) -> int:
    """Return the step of the last whole checkpoint, 0 when there is none."""
    file = _checkpoint_file(files)
    return int(file.read_text()) if file.exists() else 0


def _rewind(config: GrpoConfig, files: TrainingFiles) -> None:
    """Go back to the last checkpoint up to which all rollouts are on disk, and remove those of later steps.

    verl writes a step's rollouts after its checkpoint: a kill between the two would leave a hole in the curve.
    """
    whole = 0
    while _is_whole(whole + 1, config, files):
        whole += 1
    steps = [int(folder.name.rsplit("_", 1)[1]) for folder in files.checkpoints.glob("global_step_*")]
    last = max((step for step in steps if step <= min(whole, _last_checkpoint(files))), default=0)
    if last < _last_checkpoint(files):
        _checkpoint_file(files).unlink() if last == 0 else _checkpoint_file(files).write_text(str(last))
    for file in files.rollouts.glob("*.jsonl"):
        if int(file.stem) > last:
            file.unlink()


def _is_whole(step: int, config: GrpoConfig, files: TrainingFiles) -> bool:
    file = _rollouts_of(files, step)
    return file.exists() and _count_lines(file) == config.batch_size * config.group_size


def _checkpoint_file(files: TrainingFiles) -> Path:
    return files.checkpoints / "latest_checkpointed_iteration.txt"


def _check_rewards(files: TrainingFiles) -> None:
    if files.failures.exists():
        first = files.failures.read_text(encoding="utf-8").partition("\n")[0]
        raise RuntimeError(f"rl_train: the reward failed, so the run is void; {files.failures} begins:\n{first[:2000]}")


def _check_rollouts(config: GrpoConfig, files: TrainingFiles) -> None:
    expected = config.batch_size * config.group_size
    for step in range(1, config.steps + 1):
        file = _rollouts_of(files, step)
        found = _count_lines(file) if file.exists() else 0
        if found != expected:
            raise RuntimeError(
                f"rl_train.steps: asked for {config.steps} steps of {expected} rollouts, step {step} has {found}"
            )


def _rollouts_of(files: TrainingFiles, step: int) -> Path:
    return files.rollouts / f"{step}.jsonl"


def _verl_logs(files: TrainingFiles) -> list[Path]:
    return sorted(files.work.glob("verl-*.jsonl"), key=lambda path: int(path.stem.split("-")[1]))


def _count_lines(file: Path) -> int:
    return file.read_bytes().count(b"\n")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").split("\n")[-LOG_TAIL_LINES:])
