"""Sampled rollouts: the answers that a reader looks at to see what training does."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from proguard.rl_train.rollouts import Rollout
from proguard.storage.files import append_json_lines, atomic_file

KEPT_GROUPS = 4
"""Rows of a sampled step; all rollouts of each are kept."""


def is_sampled(step: int, *, every: int, steps: int) -> bool:
    """Whether rollouts of ``step`` are kept: of the first, of every ``every``-th and of the last one."""
    return step in (1, steps) or step % every == 0


def sample_rollouts(step: int, rollouts: Sequence[Rollout]) -> list[dict[str, Any]]:
    """Return the rollouts of the first `KEPT_GROUPS` groups, a line of ``rollouts.jsonl`` each.

    A line has no prompt, so that no data set's content leaves its files: ``id`` leads to it in ``data/splits``.
    """
    groups = list(dict.fromkeys(r.group for r in rollouts))[:KEPT_GROUPS]
    return [{"step": step, "group": groups.index(r.group), **r.to_json()} for r in rollouts if r.group in groups]


def write_samples(samples: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write ``rollouts.jsonl``."""
    with atomic_file(folder / "rollouts.jsonl") as temporary, temporary.open("wb") as file:
        append_json_lines(file, samples)
