"""Files of recorded answers, JSONL or parquet, as one table by what each answer is about."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from proguard.fetch.download import download_file
from proguard.fetch.verify import hash_file, verify_file
from proguard.guards.recorded import ANSWER_SCHEMA, RecordKey, id_key, text_key
from proguard.guards.spec import Recorded
from proguard.storage.files import read_json_lines

log = logging.getLogger(__name__)


def record_table(recorded: Recorded, folder: Path, where: str) -> pl.DataFrame:
    """Return every recorded answer, each key once, sorted by key; of answers that differ the first counts.

    Args:
        recorded: Which files, and what their columns are.
        folder: Where files without an address are.
        where: Begins the messages.

    Raises:
        FileNotFoundError: When a file is missing.
        ValueError: When a file has another hash, or a record is of another form.
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
    if sha256 is not None:
        verify_file(what, path, expected=sha256, found=hash_file(path))
    return path


def _read(path: Path, recorded: Recorded, where: str) -> Iterator[tuple[RecordKey, str]]:
    records: Iterable[Any] = (
        pl.read_parquet(path).iter_rows(named=True) if path.suffix == ".parquet" else read_json_lines(path)
    )
    for number, record in enumerate(records, 1):
        place = f"{where}, record {number}"
        fields = {str(name): _field(record, column, place) for name, column in recorded.columns.items()}
        yield (_key(fields, recorded, place), fields.get("ask") or ""), fields["completion"] or ""


def _field(record: Any, column: str, where: str) -> str | None:
    if not isinstance(record, Mapping) or column not in record:
        found = ", ".join(record) if isinstance(record, Mapping) else type(record).__name__
        raise ValueError(f"{where}: expected column {column!r}, found {found}; correct recorded.columns")
    return None if record[column] is None else str(record[column])


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
