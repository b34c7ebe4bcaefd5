"""Recorded answers of a guard: files that somebody released, in one form.

The stage guards reads the files once and writes answers.parquet; predict joins it to the rows of a test set by sample
id, or by request and response as text, letter case, punctuation and space left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from proguard.guards.spec import Recorded
from proguard.sample import Sample, normalise_text
from proguard.storage.files import read_json_lines

ANSWERS_FILE = "answers.parquet"

_SCHEMA: dict[str, pl.DataType] = {"key": pl.String(), "ask": pl.String(), "completion": pl.String()}

RecordKey = tuple[str, str]
"""Which row a completion is about, and which ask; the latter is empty where a row has one completion."""


def read_records(path: Path, recorded: Recorded) -> Iterator[tuple[RecordKey, str]]:
    """Yield key and completion of each record of one file, JSONL or parquet.

    Raises:
        ValueError: When a record lacks a column, or its prompt is not of the form that ``cut`` says.
    """
    records: Iterable[Any] = (
        pl.read_parquet(path).iter_rows(named=True) if path.suffix == ".parquet" else read_json_lines(path)
    )
    for number, record in enumerate(records, 1):
        where = f"{path.name}, record {number}"
        fields = {name: _field(record, column, where) for name, column in recorded.columns.items()}
        yield (_key(fields, recorded, where), fields.get("ask") or ""), fields["completion"] or ""


def _field(record: Any, column: str, where: str) -> str | None:
    if not isinstance(record, Mapping) or column not in record:
        found = ", ".join(record) if isinstance(record, Mapping) else type(record).__name__
        raise ValueError(f"{where}: expected column {column!r}, found {found}; correct recorded.columns")
    value = record[column]
    return value if value is None else str(value)


def _key(fields: Mapping[str, str | None], recorded: Recorded, where: str) -> str:
    if "id" in fields:
        return f"id {fields['id']}"
    if "request" in fields:
        return text_key(fields["request"], fields.get("response"))
    before, between, after = recorded.cut or ("", "", "")
    prompt = fields.get("prompt") or ""
    _, found, rest = prompt.partition(before)
    request, found_between, response = rest.rpartition(between)
    if not (found and found_between and response.endswith(after)):
        raise ValueError(f"{where}: expected a prompt with {recorded.cut}, found {prompt[-80:]!r}")
    response = response.removesuffix(after)
    return text_key(request, None if response == "None" else response)


def text_key(request: str | None, response: str | None) -> str:
    """Return the key of a conversation as text."""
    return f"text {normalise_text(request or '')}\n{normalise_text(response or '')}"


def keys_of(sample: Sample) -> tuple[str, ...]:
    """Return the keys that a record of ``sample`` may have: by id, and as text when it has no image."""
    by_id = f"id {sample.id}"
    if sample.image is not None:
        return (by_id,)
    return by_id, text_key(sample.request, sample.response if sample.has_response else None)


def answer_table(records: Iterable[tuple[RecordKey, str]]) -> pl.DataFrame:
    """Return the records as a table, each key once.

    Raises:
        ValueError: When a key has several completions that differ; the message shows the key.
    """
    answers: dict[RecordKey, str] = {}
    for key, completion in records:
        if answers.setdefault(key, completion) != completion:
            raise ValueError(f"recorded: two completions for {key[0][:80]!r}; keep one of them")
    return pl.DataFrame([(*key, text) for key, text in sorted(answers.items())], schema=_SCHEMA, orient="row")


def load_answers(folder: Path) -> dict[RecordKey, str]:
    """Return the completions of a guard's folder by key."""
    table = pl.read_parquet(folder / ANSWERS_FILE).select("key", "ask", "completion")
    return {(key, ask): completion for key, ask, completion in table.iter_rows()}
