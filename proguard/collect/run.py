"""Sources in, a folder of samples out: bad rows in quarantine, each image once, a ledger of what was read.

Equal sources give equal bytes: nothing here depends on the clock, on the machine, or on where files were found, but
that the ledger names the commit of a hub's data set only when the hub or its cache was read.
"""

import logging
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import polars as pl
from tqdm import tqdm

from proguard.collect.entry import Entry, make_entry, read_entry
from proguard.collect.files.dataset import fetch_dataset
from proguard.collect.files.editions import Access, Fetched, fetch_editions, find_folder, load_edition
from proguard.collect.image_checks import check_images
from proguard.collect.image_shards import CheckedImage, ImageShards
from proguard.collect.intake import Intake, annotation_table, check_rows, count_rows, quarantine_table, take_in
from proguard.collect.item import Item
from proguard.collect.on_ray import plan_units, read_on_ray
from proguard.collect.web.images import WebImages
from proguard.storage.files import write_json, write_table

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is still accepted; conf/collect.yaml says what each key means."""

    max_pixels: int
    max_bad_share: float
    max_dead_share: float


def collect_sources(
    sources: Mapping[str, Mapping[str, Any]],
    benchmarks: Mapping[str, Mapping[str, Any]],
    *,
    folder: Path,
    access: Access,
    web: WebImages,
    limits: Limits,
    workers: int = 1,
    ray_address: str | None = None,
) -> dict[str, Any]:
    """Write samples, images, quarantine and ledger of all entries into ``folder``; return the summary.

    Texts that only annotators read go to ``annotation_texts.parquet``, which is left out when no source has any.

    Args:
        sources: Training material by name, read in order of name; a name that is also among ``benchmarks`` is left out.
        benchmarks: Evaluation sets by name, read after them; their samples get split ``benchmark`` besides.
        folder: Folder that exists and is empty.
        access: Where files may come from.
        web: Reader of images by address, for the adapters that ask for it.
        limits: What is still accepted.
        workers: Threads that decode images; they change no byte.
        ray_address: Cluster that reads the entries that do not ask the web, as `proguard.runtime.cluster.connect` takes
            it; ``None`` reads them here. It changes no byte.

    Raises:
        ValueError: When there are no entries, an adapter does not exist, or an entry has other rows than expected or
            too many bad ones.
    """
    if not sources and not benchmarks:
        raise ValueError("collect.sources is empty; choose a profile, or add a source of conf/source")
    if twice := sorted(sources.keys() & benchmarks.keys()):
        log.warning("%s: in collect.sources and in collect.benchmarks; read as evaluation sets only", ", ".join(twice))
        sources = {name: settings for name, settings in sources.items() if name not in benchmarks}
    shards = ImageShards(folder / "images")
    entries = [make_entry("source", name, sources[name]) for name in sorted(sources)]
    entries += [make_entry("benchmark", name, benchmarks[name]) for name in sorted(benchmarks)]
    # All files first: terms that aren't accepted stop the run before hours of reading.
    fetched = [_fetch(entry, access) for entry in entries]
    intakes: dict[str, Intake] = {}
    ledger: dict[str, Any] = {}
    readings = _read_entries(
        entries, fetched, web=web, known=shards, limits=limits, workers=workers, ray_address=ray_address
    )
    with closing(readings):
        for entry, files, checked in zip(entries, fetched, readings, strict=True):
            intakes[entry.name] = _take_in(entry, files, checked, shards=shards, limits=limits)
            ledger[entry.name] = ledger_entry(entry, files, intakes[entry.name])
    shards.flush()
    write_table(pl.concat(i.samples for i in intakes.values()).sort("id"), folder / "samples.parquet")
    write_table(quarantine_table(intakes), folder / "quarantine.parquet")
    texts = annotation_table(intakes.values())
    if texts.height:
        write_table(texts, folder / "annotation_texts.parquet")
    write_json(ledger, folder / "ledger.json")
    return {
        "sources": {name: count_rows([intakes[name]]) for name in sorted(sources)},
        "benchmarks": {name: count_rows([intakes[name]]) for name in sorted(benchmarks)},
        "total": count_rows(intakes.values()),
        "images": shards.n_images,
        "image_bytes": shards.n_bytes,
    }


def ledger_entry(entry: Entry, fetched: Fetched | None, intake: Intake) -> dict[str, Any]:
    """Return what was read and under which licence; a file is ``verified`` when its checksum was pinned."""
    files: dict[str, dict[str, Any]] = {}
    if fetched is not None:
        for name, path in fetched.files.items():
            size, is_verified = path.stat().st_size, name in fetched.verified
            files[name] = {"sha256": fetched.hashes[name], "bytes": size, "verified": is_verified}
    return {
        "role": entry.role,
        "licence": entry.source.licence,
        "hub": entry.source.hub,
        "url": entry.source.url,
        "revision": entry.source.revision,
        "commit": fetched.commit if fetched else None,
        "edition": fetched.edition if fetched else None,
        "rows": intake.rows,
        "bytes": sum(file["bytes"] for file in files.values()),
        "files": files,
    }


def _fetch(entry: Entry, access: Access) -> Fetched | None:
    source, adapter = entry.source, entry.adapter
    if source.hub is None and source.url is None:
        return None
    names = list(dict.fromkeys([entry.name, adapter]))
    where: dict[str, Any] = {
        "revision": source.revision,
        "folder": find_folder(access.mirror, names),
        "access": access,
        "accepts_other": source.accept_other_files,
    }
    editions = [load_edition(edition, rows=rows) for edition, rows in source.editions.items()]
    try:
        if source.hub is not None:
            hub: dict[str, Any] = {"gate": source.gate, "patterns": source.files, "rows": source.rows}
            return fetch_dataset(entry.key, hub=source.hub, **hub, **where)
        url: dict[str, Any] = {"url": source.url, "editions": editions}
        return fetch_editions(entry.key, adapter=adapter, **url, **where)
    except (ConnectionError, FileNotFoundError) as error:
        files = _list_patterns(entry) if source.hub else [next(iter(edition.checksums)) for edition in editions]
        paths = [f"{access.mirror or 'MIRROR'}/{name}/{file}" for name in names for file in files]
        looked = " or ".join(map(repr, paths))
        kind = ConnectionError if isinstance(error, ConnectionError) else FileNotFoundError
        raise kind(f"{error}. In a mirror the first file is {looked}. {_leave_out(entry)}") from error


def _list_patterns(entry: Entry) -> list[str]:
    """Return the names that the first file of a hub's data set may have."""
    first = entry.source.files[0]
    return [first] if isinstance(first, str) else list(first)


def _leave_out(entry: Entry) -> str:
    """Return a sentence with the overrides that leave an entry out."""
    without = f"To run without it: -S '~{entry.key}'"
    if entry.role == "source":
        return without
    return f"{without} -S '~ood_split.test_sets.{entry.name}', and likewise each other test set that reads it"


def _read_entries(
    entries: Sequence[Entry],
    fetched: Sequence[Fetched | None],
    *,
    web: WebImages,
    known: ImageShards,
    limits: Limits,
    workers: int,
    ray_address: str | None,
) -> Generator[Iterator[tuple[Item, CheckedImage | None]], None, None]:
    """Yield the checked items of each entry in turn, read on the cluster when there is one.

    What asks the web is read here all the same: its answers are kept in one cache, and the hub's token is here.
    """
    files = {e.name: f.files if f else {} for e, f in zip(entries, fetched, strict=True)}
    shared = [e for e in entries if ray_address is not None and not e.takes_web]
    units = {e.name: plan_units(e, files[e.name]) for e in shared}
    in_order = [unit for of_entry in units.values() for unit in of_entry]
    with closing(read_on_ray(in_order, max_pixels=limits.max_pixels, address=ray_address)) as on_ray:
        for entry in entries:
            if entry.name in units:
                yield chain.from_iterable(islice(on_ray, len(units[entry.name])))
            else:
                items = read_entry(entry, files[entry.name], web=web)
                yield check_images(items, known=known, max_pixels=limits.max_pixels, workers=workers)


def _take_in(
    entry: Entry,
    fetched: Fetched | None,
    checked: Iterable[tuple[Item, CheckedImage | None]],
    *,
    shards: ImageShards,
    limits: Limits,
) -> Intake:
    rows = fetched.rows if fetched else entry.source.rows
    intake = take_in(tqdm(checked, desc=f"collect {entry.name}", total=rows, unit="row"), shards=shards)
    check_rows(
        entry.key,
        intake,
        expected_rows=rows,
        max_bad_share=limits.max_bad_share,
        max_dead_share=limits.max_dead_share,
    )
    return intake
