"""Bulk moderation: a file or folder in, one JSON line per row out, taken up where a killed run stopped.

Rows are judged in windows, each in batches of prompts of one kind and length. A finished window is appended to a
journal next to the output, in the order of the rows; the complete journal becomes the output. The journal's name says
what it is about, so that a run with another input, guard or policy does not go on with it.
"""

import glob
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from proguard.moderate.bulk_input import InputRow, list_inputs, read_rows
from proguard.moderate.guard import Guard
from proguard.moderate.outcome import Outcome
from proguard.moderate.policy_file import OwnPolicy
from proguard.runtime.lock import exclusive
from proguard.sample import content_hash
from proguard.storage.files import read_json_lines
from proguard.storage.journal import Journal, open_journal

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
        FileNotFoundError, ValueError: When the input as a whole cannot be read, cannot have this output, or changed
            since the run that is taken up.
        RuntimeError: When the engine fails on all rows of a window, or another process writes the same output.
        OSError: When the output cannot be written; what is judged by then is kept.
    """
    check_output(source, output)
    hidden = set(hidden)
    about = _describe(source, guard, policy, hidden)
    place = output.with_name(f".{output.name}")
    with exclusive(place):
        path = _find_journal(output, about)
        with open_journal(path) as journal:
            counts = _judge_rows(source, journal, lambda window: _judge(window, guard, policy, hidden))
            if _describe(source, guard, policy, hidden) != about:
                raise ValueError(f"--input {source}: changed while it was read; delete {path} and start again")
            path.replace(output)
    return counts


def check_output(source: Path, output: Path) -> None:
    """Raise ``ValueError`` when ``output`` is a folder, the input, or a file in the input's folder."""
    if output.is_dir():
        raise ValueError(f"--output {output}: a folder; expected a file")
    if source.resolve() in (output.resolve(), *output.resolve().parents):
        raise ValueError(f"--output {output}: lies in the input; choose another place")


def _judge_rows(
    source: Path, journal: Journal, judge: Callable[[list[InputRow]], list[dict[str, Any]]]
) -> Counter[str]:
    """Append the records of the rows that the journal lacks, and return how many it then has of each kind."""
    counts = Counter(_kind(record) for record in read_json_lines(journal.path))
    n_done = counts.total()
    with tqdm(desc="moderate", unit="row", initial=n_done, disable=None) as bar:
        for window in _windows(read_rows(source, start=n_done)):
            records = judge(window)
            try:
                journal.append(records)
            except OSError as error:
                remedy = f"make room and give the command again; it goes on at row {counts.total() + 1}"
                raise OSError(f"{journal.path}: {error.strerror}: {remedy}") from error
            counts.update(map(_kind, records))
            bar.update(len(records))
    return counts


def _find_journal(output: Path, about: Mapping[str, str]) -> Path:
    """Return the path of the journal of a run.

    Raises:
        ValueError: When a run that was about something else was not finished.
    """
    head, key = f".{output.name}.", "-".join(about.values())
    for other in output.parent.glob(f"{glob.escape(head)}*.journal"):
        before = other.name[len(head) :].removesuffix(".journal")
        if before != key and "." not in before:
            pairs = zip(about, about.values(), before.split("-"), strict=False)
            changed = [name for name, now, then in pairs if now != then]
            raise ValueError(
                f"--output {output}: an unfinished run had another {' and '.join(changed)}; give it as it was to go on,"
                f" or delete {other} to start again"
            )
    return output.with_name(f"{head}{key}.journal")


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


def _describe(source: Path, guard: Guard, policy: OwnPolicy, hidden: set[str]) -> dict[str, str]:
    """Return a hash of all that a journal must not be continued without: files, guard, policy and keys."""
    files = [(path.relative_to(source) if source.is_dir() else path.name, path.stat()) for path in list_inputs(source)]
    marks = {
        "input": [f"{str(name)!a} {stat.st_size} {stat.st_mtime_ns}" for name, stat in files],
        "guard": [guard.card.fingerprint],
        "policy": [policy.hash],
        "choice of --explain": sorted(hidden),
    }
    return {name: content_hash(*values)[:8] for name, values in marks.items()}
