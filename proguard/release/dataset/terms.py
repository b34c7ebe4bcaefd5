"""What may be given on: which sources are released as rows, and which as ids that their readers rebuild."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from proguard.collect.entry import make_entry

OWN = "the project's own"
"""Licence of what this project draws itself."""

OPEN_LICENCES = frozenset(
    {
        "mit",
        "apache-2.0",
        "cc0-1.0",
        "cc-by-2.0",
        "cc-by-4.0",
        "cc-by-sa-4.0",
        "cc-by-nc-4.0",
        "cc-by-nc-sa-4.0",
        "odc-by",
        OWN,
    }
)
"""Licences that let everybody give the data on, some for non-commercial use alone. One that is not here, that is not
stated, or that is stated in two ways, does not count as such."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one source."""

    licence: str
    revision: str | None
    origin: str
    """Hub id or address; ``drawn`` without one."""

    withheld: str | None
    """Why its rows are released as ids; ``None`` when they are released."""


def read_terms(
    collect: Mapping[str, Any], *, include: Collection[str] = (), withhold: Collection[str] = ()
) -> dict[str, Terms]:
    """Return the terms of each source and benchmark.

    A source is withheld unless its licence is one of `OPEN_LICENCES`; also when it is gated, since its readers have to
    accept terms, and when its images come from the web, since they are under terms of their own.

    Args:
        collect: Section ``collect`` of the parameters.
        include: Sources to release all the same, by whoever has the right to.
        withhold: Sources to withhold in addition.

    Raises:
        ValueError: When a name of ``include`` or ``withhold`` is not a source.
    """
    entries = {
        name: make_entry(role, name, settings)
        for role in ("source", "benchmark")
        for name, settings in (collect.get(f"{role}s") or {}).items()
    }
    if unknown := sorted({*include, *withhold} - entries.keys()):
        raise ValueError(f"no source {', '.join(unknown)}; the pipeline has {', '.join(entries)}")
    terms = {}
    for name, entry in entries.items():
        source = entry.source
        reason = None
        if name in withhold:
            reason = "withheld on request"
        elif name not in include:
            if source.licence.lower() not in OPEN_LICENCES:
                reason = "its licence does not name terms that allow it"
            elif source.gate:
                reason = f"gated: {source.gate}"
            elif entry.takes_web:
                reason = "its images are on the web, under terms of their own"
        terms[name] = Terms(source.licence, source.revision, source.hub or source.url or "drawn", reason)
    return terms
