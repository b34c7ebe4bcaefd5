"""What a run reads: its sources, benchmarks and models, each with origin, terms and size, as far as conf/ says.

What conf/ does not say is ``None`` here and never a guess.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from proguard.collect.entry import Source
from proguard.collect.files.dataset import is_commit
from proguard.collect.files.editions import find_edition, first_folder, load_edition
from proguard.collect.files.hub import fetch_snapshot

Role = Literal["source", "benchmark"]
Held = Literal["mirror", "cache", "part in cache", "no", "drawn"]

_NON_COMMERCIAL = re.compile(r"\bnc\b|non-?commercial", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of ``collect.sources`` or ``collect.benchmarks``."""

    name: str
    role: Role
    adapter: str
    origin: str | None
    """Hub id or address; ``None`` when nothing is read."""

    revision: str | None
    licence: str
    gate: str | None
    """Page whose terms have to be accepted."""

    rows: int | None
    download_bytes: int | None
    held: Held
    """Where its files lie already; ``drawn`` when it has none."""

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit, or nothing is read."""
        return self.origin is None or is_commit(self.revision)

    @property
    def forbids_commerce(self) -> bool:
        """Whether the licence calls itself non-commercial."""
        return bool(_NON_COMMERCIAL.search(self.licence))

    @property
    def is_here(self) -> bool:
        """Whether nothing has to be downloaded."""
        return self.held in ("mirror", "cache", "drawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that a run downloads."""

    use: str
    name: str
    revision: str | None


def plan_entries(params: Mapping[str, Any], *, cache: Path, mirror: Path | None) -> list[Entry]:
    """Return what ``params`` collects: sources before benchmarks, each in order of name.

    A source that is also a benchmark is left out, as collect leaves it out.

    Args:
        params: Composed configuration.
        cache: Folder of downloads.
        mirror: Folder that is read in place of downloads, if any.
    """
    collect = params["collect"]
    benchmarks = collect.get("benchmarks") or {}
    listed: list[tuple[Role, Mapping[str, Any]]] = [
        ("source", {name: source for name, source in collect["sources"].items() if name not in benchmarks}),
        ("benchmark", benchmarks),
    ]
    return [
        _plan_entry(name, role, Source(**settings[name]), cache=cache, mirror=mirror)
        for role, settings in listed
        for name in sorted(settings)
    ]


def plan_models(params: Mapping[str, Any]) -> list[Model]:
    """Return the models that come from a hub: the base model, the similarity model, those of annotators."""
    uses = [("base model", params["base_model"], "hub"), ("similarity", params["similarity"], "sentence_transformers")]
    models = [
        Model(use=use, name=conf["model"], revision=conf["revision"])
        for use, conf, hub in uses
        if hub in (conf.get("kind"), conf.get("backend"))
    ]
    annotators = params["taxonomy_map"]["annotators"]
    # One without a revision is a folder of this machine.
    return models + [
        Model(use=f"annotator {a['name']}", name=a["model"], revision=a["revision"])
        for a in annotators
        if a.get("revision")
    ]


def _plan_entry(
    name: str,
    role: Role,
    source: Source,
    *,
    cache: Path,
    mirror: Path | None,
) -> Entry:
    origin = source.hub or source.url
    return Entry(
        name=name,
        role=role,
        adapter=source.adapter or name,
        origin=origin,
        revision=source.revision,
        licence=source.licence,
        gate=source.gate,
        rows=_find_rows(source, _find_mirrored(name, source, mirror)) if source.editions else source.rows,
        download_bytes=source.download_bytes if origin else 0,
        held=_find_held(name, source, cache=cache, mirror=mirror) if origin else "drawn",
    )


def _find_mirrored(name: str, source: Source, mirror: Path | None) -> Path | None:
    return None if mirror is None else first_folder(mirror, [name, source.adapter or name])


def _find_rows(source: Source, folder: Path | None) -> int | None:
    """Return the rows of the edition that collect would read: the one that ``folder`` has, or the first."""
    editions = [load_edition(edition, rows=rows) for edition, rows in source.editions.items()]
    found = None if folder is None else find_edition(folder, editions)
    return (found or editions[0]).rows


def _find_held(name: str, source: Source, *, cache: Path, mirror: Path | None) -> Held:
    if _find_mirrored(name, source, mirror) is not None:
        return "mirror"
    if source.hub and source.revision:
        return "cache" if _has_snapshot(name, source.hub, source.revision, source, cache=cache) else "no"
    folder = cache / (source.adapter or name) / str(source.revision)
    wanted = load_edition(next(iter(source.editions)), rows=None).checksums
    found = sum((folder / file).is_file() for file in wanted)
    if not found:
        return "no"
    return "cache" if found == len(wanted) else "part in cache"


def _has_snapshot(name: str, hub: str, revision: str, source: Source, *, cache: Path) -> bool:
    try:
        fetch_snapshot(
            name,
            hub=hub,
            gate=source.gate,
            revision=revision,
            patterns=source.files,
            cache=cache / "hub",
            offline=True,
            endpoint=None,
        )
    except FileNotFoundError:
        return False
    return True
