"""Bulk moderation: a file or folder in, one JSON line per row out, taken up where a killed run stopped.

Rows are judged in windows, each in batches of prompts of one kind and length. A finished window is appended to a
journal next to the output, in the order of the rows; the complete journal becomes the output.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from proguard.moderate.bulk_input import InputRow, list_inputs, read_rows
from proguard.moderate.guard import Guard
from proguard.moderate.outcome import Outcome
from proguard.moderate.policy_file import OwnPolicy
from proguard.sample import content_hash
from proguard.storage.journal import open_journal

WINDOW_ROWS = 512
"""Most rows of a window: what a kill can cost."""

WINDOW_BYTES = 64 * 2**20
"""Bytes of images from which on a window is full."""


def moderate_file(
    source: Path, output: Path, guard: Guard, policy: OwnPolicy, *, hidden: Iterable[str] = ()
) -> Counter[str]:
    """Write the outcome of each row of ``source`` as JSON lines to ``output``; return how many there are of each kind.

    A row that cannot be read has ``status`` ``bad_input`` and ``error``; it is flagged like all that has no verdict.

    Args:
        hidden: Keys of an outcome that are left out.

    Returns:
        Counts of ``safe``, ``unsafe``, ``no_verdict`` and ``bad_input``.

    Raises:
        FileNotFoundError, ValueError: When the input as a whole cannot be read.
        RuntimeError: When the engine fails on all rows of a window, or another process writes the same output.
    """
    hidden = set(hidden)
    key = _identify(source, guard, policy, hidden)
    counts: Counter[str] = Counter()
    with open_journal(output.with_name(f".{output.name}.{key}.journal")) as journal:
        for record in journal.read():
            counts[_kind(record)] += 1
        n_done = counts.total()
        with tqdm(desc="moderate", unit="row", initial=n_done, disable=None) as bar:
            for window in _windows(read_rows(source, start=n_done)):
                records = _judge(window, guard, policy, hidden)
                journal.append(records)
                counts.update(map(_kind, records))
                bar.update(len(records))
        journal.path.replace(output)
    Path(f"{journal.path}.lock").unlink(missing_ok=True)
    return counts


def _judge(window: list[InputRow], guard: Guard, policy: OwnPolicy, hidden: set[str]) -> list[dict[str, Any]]:
    outcomes = iter(guard.judge([(row.item, policy) for row in window if row.item is not None]))
    judged = [(row, None if row.item is None else next(outcomes)) for row in window]
    asked = [outcome for _, outcome in judged if outcome is not None]
    if asked and all(outcome.is_engine_failure for outcome in asked):
        raise RuntimeError(f"{asked[0].detail} on each of {len(asked)} rows from row {window[0].number} on")
    return [_record(row, outcome, hidden) for row, outcome in judged]


def _record(row: InputRow, outcome: Outcome | None, hidden: set[str]) -> dict[str, Any]:
    head = {"row": row.number} | ({} if row.id is None else {"id": row.id})
    if outcome is None:
        return {**head, "flagged": True, "status": "bad_input", "error": row.error}
    return head | {key: value for key, value in outcome.to_dict().items() if key not in hidden}


def _kind(record: Mapping[str, Any]) -> str:
    if record["status"] != "ok":
        return "bad_input" if record["status"] == "bad_input" else "no_verdict"
    return "unsafe" if record["flagged"] else "safe"


def _windows(rows: Iterable[InputRow]) -> Iterator[list[InputRow]]:
    window: list[InputRow] = []
    n_bytes = 0
    for row in rows:
        window.append(row)
        n_bytes += sum(len(image.content) for image in row.item.images) if row.item else 0
        if len(window) >= WINDOW_ROWS or n_bytes >= WINDOW_BYTES:
            yield window
            window, n_bytes = [], 0
    if window:
        yield window


def _identify(source: Path, guard: Guard, policy: OwnPolicy, hidden: set[str]) -> str:
    """Return what changes when a journal must not be continued: the input's files, the guard, the policy, the keys."""
    files = [(str(path), path.stat()) for path in list_inputs(source)]
    marks = [f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in files]
    return content_hash(*marks, guard.card.fingerprint, policy.hash, *sorted(hidden))
