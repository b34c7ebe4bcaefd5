"""What lies in the place of a data file: a pointer, a page, a server's message, or another format than its name's."""

import json
import re
from pathlib import Path

HEAD_BYTES = 1024
"""Bytes of a file that tell it."""

_POINTERS = (
    (rb"version https://(git-lfs\.github\.com|hawser\.github\.com)/spec/", "git-lfs", "git lfs pull"),
    (rb"(/|\.\./|\.git/)*(\.git/)?annex/objects/", "git-annex", "git annex get ."),
)
_PAGE = re.compile(
    rb"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|head|body|title|meta|script|div|center|h1)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(rb"<\?xml\b|<Error>")
_MESSAGE = re.compile(
    rb"(404: )?Not Found|404 page not found|(Entry|Repository|Revision) not found|Access denied[^\n]*|Forbidden"
    rb"|Unauthorized|Invalid (username or password|credentials)[^\n]*|Too Many Requests[^\n]*|Rate limit[^\n]*",
    re.IGNORECASE,
)
_MESSAGE_KEYS = {"error", "message", "status", "code", "documentation_url"}

_NO_TEXT = {
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "a parquet file",
    b"\x1f\x8b": "a gzip file",
    b"\xfd7zXZ\0": "an xz file",
    b"BZh": "a bzip2 file",
    b"\x28\xb5\x2f\xfd": "a zstandard file",
}
"""First bytes of files that are neither CSV nor JSON in UTF-8."""


def describe_stand_in(head: bytes) -> str | None:
    """Return what is in the place of a data file, and what to do; ``None`` for anything that may be data.

    Args:
        head: First `HEAD_BYTES` of the file, or all of a smaller one.

    >>> describe_stand_in(b"404: Not Found")
    "the message '404: Not Found' of a server; download the file again"
    """
    text = head.removeprefix(b"\xef\xbb\xbf").strip()
    for pattern, name, command in _POINTERS:
        if re.match(pattern, text):
            return f"a {name} pointer; run `{command}` in its repository, or download the file"
    if _PAGE.match(text):
        return "an HTML page, such as that of a log-in or an error; download the file again"
    if _XML.match(text):
        return "an XML message of a server; download the file again"
    if len(head) < HEAD_BYTES and (_MESSAGE.fullmatch(text) or _is_message(text)):
        return f"the message {text[:80].decode(errors='replace')!r} of a server; download the file again"
    return None


def check_data(what: str, path: Path) -> None:
    """Raise `ValueError` when the file ``path`` is a pointer, a page or a message in place of data.

    Args:
        what: Entry and file, for the message.
        path: The file.
    """
    with path.open("rb") as file:
        if stand_in := describe_stand_in(file.read(HEAD_BYTES)):
            raise ValueError(f"{what}: expected data, found {stand_in}")


def describe_no_text(head: bytes) -> str | None:
    """Return what a file is that is no text in UTF-8, by its first bytes; ``None`` for anything that may be text."""
    # Of the first characters in two bytes, which are ASCII, one byte is 0.
    if not head.startswith(tuple(_NO_TEXT)) and head[:2].count(0) == 1:
        return "UTF-16 text"
    return next((what for first, what in _NO_TEXT.items() if head.startswith(first)), None)


def _is_message(text: bytes) -> bool:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.keys() <= _MESSAGE_KEYS and bool(content.keys() & {"error", "message"})
