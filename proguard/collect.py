"""Sources in, a folder of samples out: bad rows in quarantine, each image once, a ledger of what was read.

Equal sources give equal bytes: nothing here depends on the clock, on the machine, or on where files were
found.
"""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from tqdm import tqdm

from proguard.fetch import Fetched, fetch_files, load_edition
from proguard.files import write_json, write_samples, write_table
from proguard.images import ImageShards
from proguard.intake import Intake, check_rows, quarantine_table, summarise, take_in
from proguard.sources.item import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An entry of ``collect.sources``; conf/source says what each key means."""

    licence: str
    url: str | None
    revision: str | None
    editions: Mapping[str, int | None]
    read: Mapping[str, Any]


def collect_sources(
    sources: Mapping[str, Mapping[str, Any]],
    *,
    folder: Path,
    mirror: Path | None,
    cache: Path,
    max_pixels: int,
    max_bad_share: float,
) -> dict[str, Any]:
    """Write samples, images, quarantine and ledger of ``sources`` into ``folder``; return the summary.

    Args:
        sources: Settings by the name of a module of `proguard.sources`; read in order of name.
        folder: Folder that exists and is empty.
        mirror: Folder that stands in for downloads; ``None`` downloads.
        cache: Folder that downloads are kept in.
        max_pixels: Largest image that is decoded.
        max_bad_share: Largest share of a source's rows that may be rejected, in [0, 1].

    Raises:
        ValueError: When there are no sources, or one has other rows than expected or too many bad ones.
    """
    if not sources:
        raise ValueError("collect.sources is empty; choose a profile, or add a source of conf/source")
    shards = ImageShards(folder / "images")
    intakes: dict[str, Intake] = {}
    ledger: dict[str, Any] = {}
    for name in sorted(sources):
        source = Source(**sources[name])
        fetched = _fetch(name, source, mirror=mirror, cache=cache) if source.editions else None
        rows = fetched.edition.rows if fetched else None
        items = tqdm(_read(name, source, fetched), desc=f"collect {name}", total=rows, unit="row")
        intakes[name] = take_in(items, shards=shards, max_pixels=max_pixels)
        check_rows(name, intakes[name], expected_rows=rows, max_bad_share=max_bad_share)
        ledger[name] = ledger_entry(source, fetched, intakes[name])
    shards.flush()
    write_samples((s for i in intakes.values() for s in i.samples.values()), folder / "samples.parquet")
    write_table(quarantine_table(intakes), folder / "quarantine.parquet")
    write_json(ledger, folder / "ledger.json")
    return summarise(intakes) | _count_images(folder / "images")


def ledger_entry(source: Source, fetched: Fetched | None, intake: Intake) -> dict[str, Any]:
    """Return what was read and under which licence; a file is ``verified`` when its checksum was pinned."""
    files = {
        name: {
            "sha256": fetched.hashes[name],
            "bytes": path.stat().st_size,
            "verified": fetched.edition.checksums[name] is not None,
        }
        for name, path in (fetched.files if fetched else {}).items()
    }
    return {
        "licence": source.licence,
        "url": source.url,
        "revision": source.revision,
        "edition": fetched.edition.name if fetched else None,
        "rows": intake.rows,
        "bytes": sum(file["bytes"] for file in files.values()),
        "files": files,
    }


def _fetch(name: str, source: Source, *, mirror: Path | None, cache: Path) -> Fetched:
    editions = [load_edition(edition, rows=rows) for edition, rows in source.editions.items()]
    return fetch_files(name, editions=editions, url=source.url, revision=source.revision, mirror=mirror, cache=cache)


def _read(name: str, source: Source, fetched: Fetched | None) -> Iterator[Item]:
    files = {"files": fetched.files} if fetched else {}
    return importlib.import_module(f"proguard.sources.{name}").read(**files, **source.read)


def _count_images(folder: Path) -> dict[str, int]:
    shards = pl.scan_parquet(folder / "images-*.parquet")
    counts = shards.select(images=pl.len(), image_bytes=pl.col("bytes").bin.size().sum())
    return counts.collect().row(0, named=True)
