"""Rows of CSV files, read strictly: a quote that is never closed is an error, and never a file of fewer rows.

Source: RFC 4180. Cells may hold line breaks; lines may end in any way.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

MAX_CELL_CHARS = 2**24

_NEVER_CLOSED = ("unexpected end of data", "field larger than field limit")
"""What the csv module says where a quote is not closed, at the end of the file or before it."""


def read_csv_rows(file: BinaryIO) -> Iterator[dict[str, str] | ValueError]:
    """Yield each row by column; a row with other cells than the header, or with a NUL byte, is an error in its place.

    Empty lines are not rows.

    Raises:
        ValueError: When a column comes twice, a quote is never closed or closed inside a cell, or the text is not
            UTF-8; the message names the row.
    """
    csv.field_size_limit(MAX_CELL_CHARS)
    # A byte that is not UTF-8 becomes a surrogate, so that the row that it is in is known.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    header: list[str] = []
    row = -1
    try:
        # An empty line has no cells.
        for row, cells in enumerate(filter(None, csv.reader(text, strict=True))):
            _check_encoding(cells, where=_name(row))
            if row == 0:
                _check_header(cells)
                header = cells
            else:
                yield _make_row(header, cells)
    except csv.Error as error:
        raise ValueError(_describe(error, where=_name(row + 1))) from error


def _check_encoding(cells: list[str], *, where: str) -> None:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError as error:
        byte = ord(error.object[error.start]) - 0xDC00
        raise ValueError(f"{where}: expected UTF-8, found byte 0x{byte:02x}; convert the file") from error


def _check_header(cells: list[str]) -> None:
    if twice := [column for column, n in Counter(cells).items() if n > 1]:
        raise ValueError(f"column {twice[0]!r} twice in the header; remove or rename one")
    if any("\0" in column for column in cells):
        raise ValueError("NUL bytes in the header: expected UTF-8, found UTF-16, or a binary file")


def _make_row(header: list[str], cells: list[str]) -> dict[str, str] | ValueError:
    if len(cells) != len(header):
        return ValueError(f"expected {len(header)} cells, found {len(cells)}")
    if any("\0" in cell for cell in cells):
        return ValueError("NUL byte in a cell")
    return dict(zip(header, cells, strict=True))


def _describe(error: csv.Error, *, where: str) -> str:
    if str(error).startswith(_NEVER_CLOSED):
        return f"{where}: a quote that opens there is never closed ({error})"
    return f"{where}: {error}; a quote there is closed inside of a cell, or a quote before it is missing"


def _name(row: int) -> str:
    return f"row {row}" if row else "the header"
