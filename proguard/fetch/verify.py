"""Whether a file is the one that was pinned, and if not, what it is."""

import hashlib
import logging
from pathlib import Path

from proguard.storage.stand_in import check_data

log = logging.getLogger(__name__)

MARK = b"\xef\xbb\xbf"
"""Byte order mark of UTF-8."""


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_file(what: str, path: Path, *, expected: str | None, found: str, accepts_other: bool = False) -> bool:
    """Return whether a file has the pinned checksum; one that has another and is accepted is logged.

    Args:
        what: Entry and file, for messages.
        path: The file.
        expected: SHA-256 that is pinned; ``None`` when it isn't known.
        found: SHA-256 of the file.
        accepts_other: Whether a file with another checksum is read too.

    Raises:
        ValueError: When the file is not data, or has another checksum; the message says what differs.
    """
    if expected == found:
        return True
    check_data(what, path)
    if expected is None:
        log.warning("%s is not verified, no checksum is pinned; found %s", what, found)
        return False
    difference = _describe_difference(path, expected)
    if not accepts_other:
        raise ValueError(
            f"{what}: expected sha256 {expected}, found {found}: {difference}; get the pinned file, or set the entry's "
            "accept_other_files to true to read this one"
        )
    log.warning("%s is not verified, accepted with another checksum than was pinned: %s", what, difference)
    return False


def _describe_difference(path: Path, expected: str) -> str:
    content = path.read_bytes()
    text = content.removeprefix(MARK).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for end in (b"\n", b"\r\n"):
        for mark in (b"", MARK):
            if hashlib.sha256(mark + text.replace(b"\n", end)).hexdigest() == expected:
                has_mark = content.startswith(MARK) == bool(mark)
                return "same text, other line ends" if has_mark else "same text, other byte order mark"
    return f"another file of {len(content)} bytes"
