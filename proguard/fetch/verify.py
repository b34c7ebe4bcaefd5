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


def hash_text(content: bytes) -> str:
    """Return the SHA-256 of a text's bytes without a byte order mark, and with a line feed for each line end.

    Copies of a text that differ in line ends only have the same one, also when the pinned file mixes them.
    """
    return hashlib.sha256(_normalise_line_ends(content)).hexdigest()


def verify_file(
    what: str,
    path: Path,
    *,
    expected: str | None,
    found: str,
    expected_text: str | None = None,
    accepts_other: bool = False,
    setting: str | None = None,
) -> bool:
    """Return whether a file has the pinned checksum; one that has another and is accepted is logged.

    Args:
        what: Entry and file, for messages.
        path: The file.
        expected: SHA-256 that is pinned; ``None`` when it isn't known.
        found: SHA-256 of the file.
        expected_text: What `hash_text` gives for the pinned file; ``None`` when it isn't known.
        accepts_other: Whether a file with another checksum is read too.
        setting: Key of the setting that accepts one, for messages; ``None`` when there is none.

    Raises:
        ValueError: When the file is not data, or has another checksum; the message says what differs.
    """
    if expected == found:
        return True
    check_data(what, path)
    if expected is None:
        log.warning("%s is not verified, no checksum is pinned; found %s", what, found)
        return False
    difference = _describe_difference(path, expected, expected_text)
    if not accepts_other:
        accept = f", or read this one with -S '++{setting}=true'" if setting else ""
        raise ValueError(
            f"{what}: expected sha256 {expected}, found {found}: {difference}; get the pinned file{accept}"
        )
    log.warning("%s is not verified, accepted with another checksum than was pinned: %s", what, difference)
    return False


def _normalise_line_ends(content: bytes) -> bytes:
    return content.removeprefix(MARK).replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _describe_difference(path: Path, expected: str, expected_text: str | None) -> str:
    content = path.read_bytes()
    text = _normalise_line_ends(content)
    for end in (b"\n", b"\r\n"):
        for mark in (b"", MARK):
            if hashlib.sha256(mark + text.replace(b"\n", end)).hexdigest() == expected:
                has_mark = content.startswith(MARK) == bool(mark)
                return "same text, other line ends" if has_mark else "same text, other byte order mark"
    if hash_text(content) == expected_text:
        return "same text, other line ends or byte order mark"
    return f"another file of {len(content)} bytes"
