"""Single rows for the report, drawn over the kinds of answer. What a source does not own is not printed."""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from proguard.evaluate.metrics.confusion import Kind, kind_of
from proguard.evaluate.metrics.outcome import Outcome
from proguard.ids import looks_like_id
from proguard.policy import known_ids
from proguard.storage.images import data_url
from proguard.taxonomy import Taxonomy

MAX_CHARS = 140


@dataclass(frozen=True, slots=True)
class Example:
    """One row as the report prints it."""

    id: str
    source: str
    modality: str
    kind: Kind
    request: str | None
    """Start of the request; ``None`` for an image alone, and for a source whose content is not printed."""

    response: str | None
    image: str | None
    """Data URI; ``None`` when there is none to print."""

    is_withheld: bool
    """Whether the source's content is not printed."""

    truth: str
    said: str


def draw_examples(outcomes: Sequence[Outcome], *, n: int, seed: int) -> list[Outcome]:
    """Return up to ``n`` outcomes: kinds of answer take turns, and modalities within a kind."""
    rng = random.Random(seed)
    by_kind: dict[Kind, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda o: o.row.sample.id):
        if kind := kind_of(outcome):
            by_kind.setdefault(kind, []).append(outcome)
    queues = [_alternate(by_kind[kind], rng) for kind in sorted(by_kind)]
    drawn: list[Outcome] = []
    while len(drawn) < n and any(queues):
        for queue in queues:
            if queue and len(drawn) < n:
                drawn.append(_take_other(queue, drawn))
    return drawn


def _alternate(outcomes: Sequence[Outcome], rng: random.Random) -> list[Outcome]:
    return rng.sample(outcomes, len(outcomes))


def _take_other(queue: list[Outcome], drawn: Sequence[Outcome]) -> Outcome:
    """Take the first outcome of the modality that was drawn least."""
    seen = [o.target.modality for o in drawn]
    return queue.pop(min(range(len(queue)), key=lambda i: (seen.count(queue[i].target.modality), i)))


def describe(
    outcome: Outcome, taxonomy: Taxonomy, *, shown_sources: Collection[str], images: Mapping[str, bytes]
) -> Example:
    """Return an outcome as the report prints it.

    Args:
        outcome: One that `draw_examples` gave: its answer has a kind.
        taxonomy: For the names of categories.
        shown_sources: Sources whose texts and images may be printed.
        images: Bytes by hash, for the samples of those sources.
    """
    sample = outcome.row.sample
    is_shown = sample.source in shown_sources
    picture = images.get(sample.image) if is_shown and sample.image else None
    return Example(
        id=sample.id,
        source=sample.source,
        modality=sample.modality,
        kind=cast(Kind, kind_of(outcome)),
        request=_cut(sample.request) if is_shown else None,
        response=_cut(sample.response) if is_shown else None,
        image=data_url(picture) if picture else None,
        is_withheld=not is_shown,
        truth=_truth(outcome, taxonomy),
        said=_said(outcome, taxonomy),
    )


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= MAX_CHARS else text[: MAX_CHARS - 2].rstrip() + " …"


def _truth(outcome: Outcome, taxonomy: Taxonomy) -> str:
    if not outcome.target.is_unsafe:
        return "safe"
    where = "not on the list" if outcome.is_ood else "on the list"
    return f"unsafe: {taxonomy[str(outcome.target.category)].name} ({where})"


def _said(outcome: Outcome, taxonomy: Taxonomy) -> str:
    reading = outcome.reading
    if not reading.is_read:
        return f"unreadable ({reading.detail.replace('_', ' ')})"
    if not reading.is_unsafe:
        return "safe"
    if reading.code is not None:
        return f"unsafe: {taxonomy[reading.code].name}"
    category = reading.category
    if category is None:
        return "unsafe"
    is_id = looks_like_id(category, known_ids(outcome.target.policy, taxonomy))
    return f"unsafe: {category} (no such id)" if is_id else f"unsafe: “{category}” (own name)"
