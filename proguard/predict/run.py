"""A prediction run: rows through a guard, batch by batch, taken up again where it stopped.

Batches are planned over all rows before the first one runs. A finished batch is appended to a journal outside DVC's
outs; a run that was killed reads it and does the rest, in the same batches, so the result is the same to the byte.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import polars as pl
from tqdm import tqdm

from proguard.card import GuardCard
from proguard.inference.engine import Engine, Query
from proguard.prompt import render_prompt
from proguard.row import Row
from proguard.storage.images import ImageStore
from proguard.storage.journal import Journal
from proguard.taxonomy import Taxonomy
from proguard.verdict import parse

PREDICTION_SCHEMA: dict[str, pl.DataType] = {
    "id": pl.String(),
    "completion": pl.String(),
    "request": pl.String(),
    "response": pl.String(),
    "category": pl.String(),
    "status": pl.String(),
}


def plan_batches(rows: Sequence[Row], batch_size: int) -> list[list[Row]]:
    """Return the rows in batches of one kind, with or without an image, in order of length and id."""
    batches: list[list[Row]] = []
    for has_image in (False, True):
        kind = [row for row in rows if (row.sample.image is not None) == has_image]
        kind.sort(key=lambda row: (_length(row), row.sample.id))
        batches += [kind[i : i + batch_size] for i in range(0, len(kind), batch_size)]
    return batches


def _length(row: Row) -> int:
    return len(row.sample.request or "") + len(row.sample.response or "") + 30 * len(row.policy.shown)


def run_prediction(
    rows: Sequence[Row],
    *,
    load: Callable[[], Engine],
    card: GuardCard,
    taxonomy: Taxonomy,
    images: ImageStore,
    batch_size: int,
    journal: Journal,
) -> dict[str, str]:
    """Return the completion of each row by sample id.

    Args:
        load: Loads the engine; called only when a batch is still to do.
        journal: Finished batches; its name has to change with the guard and the rows.
    """
    batches = plan_batches(rows, batch_size)
    done = {id_: text for entry in journal.read() for id_, text in entry["completions"].items()}
    todo = [batch for batch in batches if any(row.sample.id not in done for row in batch)]
    if not todo:
        return done
    engine = load()
    with tqdm(total=len(rows), unit="row", desc="predict") as bar:
        bar.update(len(rows) - sum(len(batch) for batch in todo))
        for batch in todo:
            start = time.perf_counter()
            completions = [c.text for c in engine.complete(_queries(batch, card, taxonomy, images))]
            seconds = (time.perf_counter() - start) / len(batch)
            entry = {row.sample.id: text for row, text in zip(batch, completions, strict=True)}
            journal.append([{"seconds": seconds, "completions": entry}])
            done.update(entry)
            bar.update(len(batch))
    return done


def _queries(batch: Sequence[Row], card: GuardCard, taxonomy: Taxonomy, images: ImageStore) -> list[Query]:
    content = images.read(row.sample.image for row in batch if row.sample.image is not None)
    return [
        Query(
            render_prompt(row.sample, row.policy, taxonomy, card.prompt),
            None if row.sample.image is None else content[row.sample.image],
        )
        for row in batch
    ]


def prediction_table(rows: Sequence[Row], completions: Mapping[str, str]) -> pl.DataFrame:
    """Return one line per row, sorted by id, with the completion and what it parses to."""
    records = []
    for row in sorted(rows, key=lambda row: row.sample.id):
        text = completions[row.sample.id]
        parsed = parse(text, has_response=row.sample.has_response)
        said = parsed.verdict if parsed.is_well_formed else None
        fields = (said.request, said.response, said.category) if said else (None, None, None)
        records.append((row.sample.id, text, *fields, parsed.status))
    return pl.DataFrame(records, schema=PREDICTION_SCHEMA, orient="row")


def seconds_per_row(journal: Journal) -> float:
    """Return the mean time of a row in seconds, over the batches of the journal; NaN without one."""
    entries = journal.read()
    n_rows = sum(len(entry["completions"]) for entry in entries)
    total = sum(entry["seconds"] * len(entry["completions"]) for entry in entries)
    return total / n_rows if n_rows else float("nan")
