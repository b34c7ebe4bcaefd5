"""A prediction run: what a guard is asked about the rows, batch by batch, taken up again where it stopped.

Batches are planned over all asks before the first one runs. A finished batch is appended to a journal outside DVC's
outs; a run that was killed reads it and does the rest, in the same batches, so the result is the same to the byte.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from pydantic import TypeAdapter
from tqdm import tqdm

from proguard.guards.family import Ask, Family
from proguard.inference.engine import Completion, Engine, Query
from proguard.readings.reading import UNASKED, Reading
from proguard.row import Row
from proguard.storage.images import ImageStore
from proguard.storage.journal import Journal
from proguard.taxonomy import Taxonomy

_COMPLETIONS = TypeAdapter(Completion)

Answers = Mapping[str, Mapping[str, Completion]]
"""Completions by sample id, then by the key of the ask; a row that was not asked about is left out."""


class EachEngine(Protocol):
    """An engine that hands over each completion as it comes."""

    def complete_each(self, queries: Sequence[Query], keep: Callable[[int, Completion], None]) -> None:
        """Hand index and completion of each query to ``keep``, in any order."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One ask about one row."""

    row: Row
    ask: Ask

    @property
    def key(self) -> tuple[str, str]:
        """Sample id and the ask's own key."""
        return self.row.sample.id, self.ask.key

    @property
    def length(self) -> int:
        """About how long the prompt is: asks of one length make a batch with little padding."""
        sample = self.row.sample
        return len(sample.request or "") + len(sample.response or "") + 30 * len(self.row.policy.shown)


def ask_all(rows: Sequence[Row], family: Family, taxonomy: Taxonomy) -> list[Asked]:
    """Return everything that a guard is asked about ``rows``."""
    return [Asked(row, ask) for row in rows for ask in family.asks(row, taxonomy)]


def plan_batches(asked: Sequence[Asked], batch_size: int) -> list[list[Asked]]:
    """Return the asks in batches of one kind, with or without an image, in order of length and key."""
    batches: list[list[Asked]] = []
    for shows_image in (False, True):
        kind = [a for a in asked if a.ask.shows_image == shows_image]
        kind.sort(key=lambda a: (a.length, a.key))
        batches += [kind[i : i + batch_size] for i in range(0, len(kind), batch_size)]
    return batches


def run_batches(
    asked: Sequence[Asked], *, load: Callable[[], Engine], images: ImageStore, batch_size: int, journal: Journal
) -> Answers:
    """Return the completion of every ask.

    Args:
        asked: What `ask_all` returns.
        load: Loads the engine; called only when a batch is still to do.
        images: Where the rows' images are.
        batch_size: Most asks of one call to the engine, at least 1.
        journal: Finished batches; its name has to change with the guard and the rows.
    """
    done = read_answers(journal)
    batches = plan_batches(asked, batch_size)
    todo = [batch for batch in batches if any(a.key not in done for a in batch)]
    if todo:
        engine = load()
        with tqdm(total=len(asked), unit="ask", desc="predict") as bar:
            bar.update(len(asked) - sum(len(batch) for batch in todo))
            for batch in todo:
                start = time.perf_counter()
                completions = engine.complete(make_queries(batch, images))
                seconds = time.perf_counter() - start
                answered = dict(zip((a.key for a in batch), completions, strict=True))
                journal.append([make_entry(answered, seconds)])
                done.update(answered)
                bar.update(len(batch))
    return by_row(done)


def run_each(
    asked: Sequence[Asked], *, engine: EachEngine, images: ImageStore, batch_size: int, journal: Journal
) -> Answers:
    """Return the completion of every ask, each kept as it comes: what a server answered is not paid for twice.

    Args:
        asked: What `ask_all` returns.
        engine: Hands over one completion at a time.
        images: Where the rows' images are.
        batch_size: Asks whose images are in memory at a time, at least 1.
        journal: Finished asks; its name has to change with the guard and the rows.
    """
    done = read_answers(journal)
    todo = [a for a in asked if a.key not in done]
    with tqdm(total=len(asked), unit="ask", desc="predict") as bar:
        bar.update(len(asked) - len(todo))
        for start in range(0, len(todo), batch_size):
            part = todo[start : start + batch_size]
            clock = time.perf_counter()

            def keep(index: int, completion: Completion, part: Sequence[Asked] = part) -> None:
                nonlocal clock
                now = time.perf_counter()
                answered = {part[index].key: completion}
                journal.append([make_entry(answered, now - clock)])
                done.update(answered)
                bar.update()
                clock = now

            engine.complete_each(make_queries(part, images), keep)
    return by_row(done)


def make_queries(asked: Sequence[Asked], images: ImageStore) -> list[Query]:
    """Return the prompts with their images."""
    shown = [a.row.sample.image if a.ask.shows_image else None for a in asked]
    content = images.read(image for image in shown if image is not None)
    return [
        replace(a.ask.query, id=a.row.sample.id, image=None if image is None else content[image])
        for a, image in zip(asked, shown, strict=True)
    ]


def make_entry(answered: Mapping[tuple[str, str], Completion], seconds: float) -> dict[str, Any]:
    """Return what the journal holds of some answers and the time that they took together."""
    answers = [[*key, asdict(completion)] for key, completion in answered.items()]
    return {"seconds": seconds, "answers": answers}


def read_answers(journal: Journal) -> dict[tuple[str, str], Completion]:
    """Return the answers in a journal by sample id and ask."""
    entries = [answer for entry in journal.read() for answer in entry["answers"]]
    return {(id_, key): _COMPLETIONS.validate_python(fields) for id_, key, fields in entries}


def read_all(rows: Sequence[Row], family: Family, answers: Answers) -> dict[str, Reading]:
    """Return the reading of every row by sample id; one that was not asked about is `UNASKED`."""
    return {
        row.sample.id: family.read(row, answers[row.sample.id]) if row.sample.id in answers else UNASKED for row in rows
    }


def by_row(answers: Mapping[tuple[str, str], Completion]) -> dict[str, dict[str, Completion]]:
    """Return answers by sample id, then by ask."""
    rows: dict[str, dict[str, Completion]] = {}
    for (id_, key), completion in answers.items():
        rows.setdefault(id_, {})[key] = completion
    return rows


def seconds_per_ask(journal: Journal) -> float:
    """Return the mean time of an ask in seconds, over the batches of the journal; NaN without one."""
    entries = journal.read()
    n_asks = sum(len(entry["answers"]) for entry in entries)
    return sum(entry["seconds"] for entry in entries) / n_asks if n_asks else float("nan")
