"""Journals: finished work as JSON lines, so that a run that was killed goes on where it stopped.

A journal lies under ``runtime.work`` and outlives the run. One process at a time may have it open.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from proguard.runtime.lock import exclusive


@dataclass(frozen=True, slots=True)
class Journal:
    """An open journal."""

    path: Path
    _file: BinaryIO

    def read(self) -> list[Any]:
        """Return all entries, in the order in which they were appended."""
        with self.path.open("rb") as file:
            return [json.loads(line) for line in file]

    def append(self, entries: Iterable[Any]) -> None:
        """Write ``entries`` out, so that a kill after this loses none of them."""
        self._file.write(b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
        self._file.flush()


@contextmanager
def open_journal(path: Path) -> Iterator[Journal]:
    """Open a journal, which is made when absent; a last line that a kill cut short is removed.

    Raises:
        RuntimeError: When another process has it open.
    """
    with exclusive(path), path.open("ab+") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        yield Journal(path, file)
