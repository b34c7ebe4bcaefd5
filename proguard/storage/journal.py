"""Journals: finished work as JSON lines, so that a run that was killed goes on where it stopped.

A journal lies under ``runtime.work`` and outlives the run. One process at a time may have it open.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from proguard.runtime.lock import exclusive
from proguard.storage.files import append_json_lines, read_json_lines


@dataclass(frozen=True, slots=True)
class Journal:
    """An open journal."""

    path: Path
    _file: BinaryIO

    def read(self) -> list[Any]:
        """Return all entries, in the order in which they were appended."""
        return list(read_json_lines(self.path))

    def append(self, entries: Iterable[Any]) -> None:
        """Write ``entries`` out, so that a kill after this loses none of them."""
        append_json_lines(self._file, entries)


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
