"""Files of recorded answers, JSONL or parquet, as one table by what each answer is about."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from proguard.errors import first_line
from proguard.fetch.download import download_file
from proguard.fetch.verify import hash_file, verify_file
from proguard.guards.recorded import ANSWER_SCHEMA, RecordKey, id_key, text_key
from proguard.guards.spec import Recorded
from proguard.storage.stand_in import check_data
from proguard.strict_json import parse_json

log = logging.getLogger(__name__)


def record_table(recorded: Recorded, folder: Path, where: str) -> pl.DataFrame:
    """Return every recorded answer, each key once, sorted by key; of answers that differ the first counts.

    Args:
        recorded: Which files, and what their columns are.
        folder: Where files without an address are.
        where: Begins the messages.

    Raises:
        FileNotFoundError: When a file is missing.
        ValueError: When a file has another hash, is not data, or a record is of another form; the message names it.
        ConnectionError: When a file cannot be fetched.
    """
    answers: dict[RecordKey, str] = {}
    conflicts = 0
    with TemporaryDirectory() as downloads:
        for number, (source, sha256) in enumerate(recorded.files.items()):
            path = Path(downloads) / str(number) / Path(source).name
            if recorded.base is None:
                path = _check_local(folder / source, sha256, f"{where}: {source}")
            else:
                download_file(f"{recorded.base}/{source}", path, sha256=sha256, what=f"{where}: {source}")
            for key, completion in _read(path, recorded, f"{where}: {source}"):
                conflicts += answers.setdefault(key, completion) != completion
    if conflicts:
        log.warning(
            "%s: %d recorded answers differ from an earlier one about the same row; they are left out", where, conflicts
        )
    return pl.DataFrame([(*key, text) for key, text in sorted(answers.items())], schema=ANSWER_SCHEMA, orient="row")


def _check_local(path: Path, sha256: str | None, what: str) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"{what}: no file {path}; put it there, or give recorded.base, the address above it")
    if sha256 is None:
        check_data(what, path)
    else:
        verify_file(what, path, expected=sha256, found=hash_file(path))
    return path


def _read(path: Path, recorded: Recorded, where: str) -> Iterator[tuple[RecordKey, str]]:
    number = 0
    for number, record in _read_parquet(path, where) if path.suffix == ".parquet" else _read_lines(path, where):
        place = f"{where}, record {number}"
        fields = {str(name): _field(record, column, place) for name, column in recorded.columns.items()}
        yield (_key(fields, recorded, place), fields.get("ask") or ""), fields["completion"] or ""
    if number == 0:
        raise ValueError(f"{where}: expected recorded answers, found none; download the file again")


def _read_lines(path: Path, where: str) -> Iterator[tuple[int, Any]]:
    """Yield number and content of each line; lines end at line feeds only, as a text may hold U+2028."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                if not text.isspace():
                    yield number, parse_json(text)
            except (ValueError, RecursionError) as error:
                fault = "nested too deep" if isinstance(error, RecursionError) else str(error)
                raise ValueError(f"{where}, line {number}: expected a JSON object: {fault}") from error


def _read_parquet(path: Path, where: str) -> Iterator[tuple[int, Any]]:
    try:
        yield from enumerate(pl.read_parquet(path).iter_rows(named=True), 1)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ValueError(f"{where}: broken parquet: {first_line(error)}; download the file again") from error


def _field(record: Any, column: str, where: str) -> str | None:
    if not isinstance(record, Mapping) or column not in record:
        found = ", ".join(record) if isinstance(record, Mapping) else type(record).__name__
        raise ValueError(f"{where}: expected column {column!r}, found {found}; correct recorded.columns")
    value = record[column]
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise ValueError(f"{where}: column {column!r}: expected a text, found {value!r:.80}; correct recorded.columns")
    try:
        return None if value is None else str(value).encode().decode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{where}: column {column!r}: not valid Unicode: {error}; correct the file") from error


def _key(fields: Mapping[str, str | None], recorded: Recorded, where: str) -> str:
    if "id" in fields:
        return id_key(fields["id"] or "")
    if "request" in fields:
        return text_key(fields["request"], fields.get("response"))
    before, between, after = recorded.cut or ("", "", "")
    prompt = fields["prompt"] or ""
    _, has_before, rest = prompt.partition(before)
    request, has_between, response = rest.rpartition(between)
    if not (has_before and has_between and response.endswith(after)):
        raise ValueError(f"{where}: expected a prompt with {recorded.cut}, found {prompt[-60:]!r}")
    response = response.removesuffix(after)
    return text_key(request, None if response == "None" else response)
