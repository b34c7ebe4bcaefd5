"""Recorded answers of a guard in its folder, joined to samples by id or by text."""

from pathlib import Path

import polars as pl

from proguard.sample import Sample
from proguard.text import normalise_text

ANSWERS_FILE = "answers.parquet"

ANSWER_SCHEMA: dict[str, pl.DataType] = {"key": pl.String(), "ask": pl.String(), "completion": pl.String()}

RecordKey = tuple[str, str]
"""What an answer is about, and to which ask; the latter is empty where a row has one answer."""


def id_key(id_: str) -> str:
    """Return the key of a sample's id."""
    return f"id {id_}"


def text_key(request: str | None, response: str | None) -> str:
    """Return the key of a conversation: its words, without letter case, punctuation and space."""
    return f"text {normalise_text(request or '')}\n{normalise_text(response or '')}"


def keys_of(sample: Sample) -> tuple[str, ...]:
    """Return the keys that an answer about ``sample`` may have: its id and, when it has no image, its text."""
    if sample.image is not None:
        return (id_key(sample.id),)
    return id_key(sample.id), text_key(sample.request, sample.response if sample.has_response else None)


def load_answers(folder: Path) -> dict[RecordKey, str]:
    """Return the recorded answers of a guard's folder by key."""
    table = pl.read_parquet(folder / ANSWERS_FILE).select("key", "ask", "completion")
    return {(key, ask): completion for key, ask, completion in table.iter_rows()}
