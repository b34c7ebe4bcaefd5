"""Rows of JSON files: an object a line, or a list of objects. One bad row is an error in its place, not in the file.

JSON lines end at line feeds alone, as a text may hold U+2028 or U+0085. A list is decoded row by row, so that memory
holds a piece of the file.
"""

import codecs
import json
import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError
from typing import Any, BinaryIO, NoReturn

Row = dict[str, Any] | ValueError
"""A row, or what is wrong with it."""

MAX_DEPTH = 100
"""Levels that a row may be nested. Python's own limit depends on who calls, so it differs from machine to machine."""

CHUNK_BYTES = 2**20

_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"

_NO_SPACE = re.compile(r"[^ \t\n\r]")
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|["\[\]{},]', re.DOTALL)
"""What matters to find the end of a row; a quote alone opens a text that is not closed."""


def read_json_rows(file: BinaryIO, head: bytes) -> Iterator[Row]:
    """Yield the rows of a file: the elements of a list when its first character opens one, otherwise its lines.

    Args:
        file: Content, at its start.
        head: First bytes of the content, which stay in ``file``.

    Raises:
        ValueError: When a list is broken or has something after it, the message naming the row.
    """
    is_list = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"["
    return _read_list(file) if is_list else _read_lines(file)


def _read_lines(file: BinaryIO) -> Iterator[Row]:
    for line in file:
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            yield error
            continue
        if text.strip(" \t\r\n"):
            yield parse_object(text)


def parse_object(text: str) -> Row:
    """Return the object that ``text`` is, or what is wrong with it; a key given twice and NaN are wrong too."""
    try:
        row = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        hint = "; lines end at line feeds, not at carriage returns" if "\r" in text.strip() else ""
        return _describe(error, start=0, hint=hint)
    return _check_row(row, n_open=text.count("[") + text.count("{"))


def load_json(text: str) -> Any:
    """Return the content of a JSON text inside of a row, read as strictly as a row.

    Raises:
        ValueError: When it is not JSON; the message says why.
    """
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise _describe(error, start=0) from error


def _read_list(file: BinaryIO) -> Iterator[Row]:
    text = _Window(file)
    text.take("[", "a list")
    n_rows = 0
    while text.skip_space() != "]":
        if n_rows:
            text.take(",", f"a comma or the end of the list after row {n_rows}")
            text.skip_space()
        n_rows += 1
        yield text.take_row(n_rows)
    text.take("]", "the end of the list")
    if rest := text.skip_space():
        raise ValueError(f"found {rest!r} after the end of the list, which has {n_rows} rows")


class _Window:
    """A window on the text of a file; ``at`` is where the reader is in it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        # What is not UTF-8 becomes surrogates, which end in a fault of the row that they are in.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="surrogateescape")
        self._is_whole = False
        self._text = ""
        self.at = 0

    def skip_space(self) -> str:
        """Go on to the next character that is not space and return it, or nothing at the end of the file."""
        while (found := _NO_SPACE.search(self._text, self.at)) is None:
            self.at = len(self._text)
            if not self._read_more():
                return ""
        self.at = found.start()
        return found[0]

    def take(self, character: str, what: str) -> None:
        """Go on past ``character``; raise `ValueError` when it is another one."""
        found = self.skip_space()
        if found != character:
            raise ValueError(f"expected {what}, found {repr(found) if found else 'the end of the file'}")
        self.at += 1

    def take_row(self, number: int) -> Row:
        """Return the value that comes next and go on past it."""
        while True:
            row, end = self._decode()
            # A number that ends where the window does may go on after it.
            if end is not None and (end < len(self._text) or not self._read_more()):
                self.at = end
                return row
            if end is None and not self._read_more():
                raise ValueError(f"the file ends inside row {number}")

    def _decode(self) -> tuple[Row, int | None]:
        """Return the value that comes next and where it ends; ``None`` when that is not in the window."""
        try:
            row, end = _DECODER.raw_decode(self._text, self.at)
        except (ValueError, RecursionError) as error:
            return _describe(error, start=self.at), self._find_end()
        n_open = self._text.count("[", self.at, end) + self._text.count("{", self.at, end)
        return _check_row(row, n_open=n_open), end

    def _find_end(self) -> int | None:
        depth = 0
        for token in _TOKEN.finditer(self._text, self.at):
            match token[0]:
                case "[" | "{":
                    depth += 1
                case "]" | "}" if depth > 1:
                    depth -= 1
                case "]" | "}" if depth == 1:
                    return token.end()
                case "]" | "}" | "," if depth == 0:
                    return token.start()
                case '"':
                    return None
        return None

    def _read_more(self) -> bool:
        """Move the window on from ``at``; return whether anything came."""
        if self._is_whole:
            return False
        # As much again as there is, so that a long row is looked at a few times and not once for each piece.
        content = self._file.read(max(CHUNK_BYTES, len(self._text) - self.at))
        self._is_whole = not content
        self._text = self._text[self.at :] + self._decoder.decode(content, final=self._is_whole)
        self.at = 0
        return not self._is_whole


def _check_row(row: Any, *, n_open: int) -> Row:
    if not isinstance(row, dict):
        return ValueError(f"a row is an object, found {type(row).__name__}")
    # Few brackets can't nest deeply, which spares the search.
    if n_open > MAX_DEPTH and _is_deeper(row, MAX_DEPTH):
        return ValueError(_TOO_DEEP)
    return row


def _is_deeper(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _describe(error: ValueError | RecursionError, *, start: int, hint: str = "") -> ValueError:
    if isinstance(error, RecursionError):
        return ValueError(_TOO_DEEP)
    if isinstance(error, JSONDecodeError):
        return ValueError(f"not JSON: {error.msg} at character {error.pos - start + 1}{hint}")
    return ValueError(f"not JSON: {error}")


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {next(key for key in keys if keys.count(key) > 1)!r} twice")
    return record


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_make_object, parse_constant=_refuse_constant)
