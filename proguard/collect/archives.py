"""Images in a zip, read by name without extracting it; a zip published in parts is read as one, without joining them.

Nothing is written, so an entry can't land outside a folder. Entries whose path leads outside are refused all the same,
as are links, encrypted entries and unusual compression methods.
"""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

MAX_ENTRY_BYTES = 64 * 2**20
"""Largest image that is read out of an archive; large photographs are a quarter of it."""

_OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|\\|\0|(^|/)\.\.(/|$)")

# Of these two alone zipfile bounds what it unpacks at a time; a few bytes of another method can fill the memory.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class ZipImages:
    """Entries of one zip; a context manager, which raises `ValueError` when the zip is damaged or incomplete."""

    paths: tuple[Path, ...]
    """The zip, or its parts in order."""

    max_bytes: int = MAX_ENTRY_BYTES
    """Largest entry that is read, in bytes when unpacked."""

    def __enter__(self) -> Self:
        self._check_whole()
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._stream.close()

    def read(self, name: str) -> bytes:
        """Return the bytes of the entry ``name``, or of that in the only folder that the zip has at its top.

        Raises:
            KeyError: When there is none.
            ValueError: When it is refused, or broken; the message says why and is the same on every machine.
        """
        entry = self._find(name)
        if entry is None:
            raise KeyError(name)
        if fault := entry_fault(entry, max_bytes=self.max_bytes):
            raise ValueError(fault)
        try:
            with self._zip.open(entry) as file:
                # With a size given, zipfile unpacks that much and no more; what was longer then fails its checksum.
                return file.read(entry.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError):
            raise ValueError("entry is broken, or is not what the archive declares") from None

    def fingerprint(self, name: str) -> tuple[int, int] | None:
        """Return checksum (CRC-32) and size of an entry, which equal images share; ``None`` when there is none.

        It is what the archive declares, at no cost; `read` holds the bytes against it.
        """
        entry = self._find(name)
        return None if entry is None else (entry.CRC, entry.file_size)

    def fingerprints(self) -> frozenset[tuple[int, int]]:
        """Return `fingerprint` of every entry."""
        return frozenset((entry.CRC, entry.file_size) for entry in self._entries.values())

    def _find(self, name: str) -> zipfile.ZipInfo | None:
        return self._entries.get(name) or self._entries.get(self._top + name)

    def _check_whole(self) -> None:
        """Raise `ValueError` unless the paths are a zip, or all of its parts."""
        names = ", ".join(path.name for path in self.paths)
        try:
            entries = self._zip.infolist()
        except zipfile.BadZipFile as error:
            raise ValueError(f"{names}: {error}; expected a zip, or all of its parts in order") from error
        # Offsets count from the end, where the list of entries is: they reach before the start of what is cut.
        if min((entry.header_offset for entry in entries), default=0) < 0:
            raise ValueError(f"{names}: the start of the zip is missing; expected all of its parts in order")

    @cached_property
    def _stream(self) -> io.BufferedReader:
        return io.BufferedReader(_Parts(self.paths))

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self._stream)

    @cached_property
    def _entries(self) -> dict[str, zipfile.ZipInfo]:
        return {entry.filename: entry for entry in self._zip.infolist() if not entry.is_dir()}

    @cached_property
    def _top(self) -> str:
        tops = {name.partition("/")[0] for name in self._entries}
        return f"{tops.pop()}/" if len(tops) == 1 else ""


def entry_fault(entry: zipfile.ZipInfo, *, max_bytes: int) -> str | None:
    """Return why ``entry`` is refused before it is read; ``None`` when it isn't."""
    # Where zipfile cut the name at a zero byte, the whole of it stays in orig_filename.
    if _OUTSIDE.search(entry.orig_filename):
        return "its path leaves the folder"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "it is a link"
    if entry.flag_bits & 1:
        return "it is encrypted"
    if entry.compress_type not in _METHODS:
        return f"its compression method is {entry.compress_type}"
    if entry.file_size > max_bytes:
        return f"it has {entry.file_size} bytes, more than {max_bytes}"
    return None


class _Parts(io.RawIOBase):
    """Files read as one, each opened when it is reached; a raw stream is what zipfile reads from."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        self._starts = [0]
        for path in self._paths:
            self._starts.append(self._starts[-1] + path.stat().st_size)
        self._at = 0
        self._opened: tuple[int, io.FileIO] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}[whence]
        if base + offset < 0:
            raise OSError(f"seek to {base + offset}")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._at >= self._starts[-1]:
            return 0
        index = next(i for i, end in enumerate(self._starts[1:]) if self._at < end)
        file = self._open(index)
        file.seek(self._at - self._starts[index])
        n_read = file.readinto(buffer)
        self._at += n_read
        return n_read

    def close(self) -> None:
        if self._opened is not None:
            self._opened[1].close()
        super().close()

    def _open(self, index: int) -> io.FileIO:
        if self._opened is None or self._opened[0] != index:
            if self._opened is not None:
                self._opened[1].close()
            self._opened = (index, io.FileIO(self._paths[index]))
        return self._opened[1]
