"""Sources read on a Ray cluster: a Ray Data map over files, whose rows come back in the order of the files.

A task reads a file, or an entry that can't be read file by file, checks its images, and writes nothing. So Ray does it
again, here or elsewhere, when its machine is gone, and what comes back is what reading on one machine gives. The files
are fetched before, by the machine that runs the stage: mirror and cache have to be readable on every machine, at the
same paths.
"""

import pickle
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from proguard.collect.entry import Entry, read_entry
from proguard.collect.image_checks import check_images
from proguard.collect.image_shards import CheckedImage
from proguard.collect.item import Found, Item
from proguard.runtime.cluster import connect

MAX_BLOCKS = 4096
"""Most tasks that the units are cut into; beyond it a task takes several units."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What can be read by itself."""

    entry: Entry

    files: Mapping[str, Path]
    """Where each file lies, by its path in the authors' repository, in reading order; empty for an adapter of none."""


def plan_units(entry: Entry, files: Mapping[str, Path]) -> list[Unit]:
    """Return a unit for each file when the entry is ``per_file``, otherwise one unit of all files."""
    # A task works in a folder of its own.
    paths = {name: path.absolute() for name, path in files.items()}
    if entry.source.per_file and paths:
        return [Unit(entry, {name: path}) for name, path in paths.items()]
    return [Unit(entry, paths)]


def read_unit(unit: Unit, *, max_pixels: int) -> Iterator[tuple[Item, CheckedImage | None]]:
    """Yield each item of ``unit`` without its image's bytes, and the checked image where the unit has it first."""
    known: set[str] = set()
    items = read_entry(unit.entry, unit.files)
    for item, image in check_images(items, known=known, max_pixels=max_pixels, workers=1):
        new = image if image is not None and image.sha256 not in known else None
        if new is not None:
            known.add(new.sha256)
        yield replace(item, image=None) if isinstance(item, Found) else item, new


def read_on_ray(
    units: Sequence[Unit], *, max_pixels: int, address: str | None
) -> Generator[Iterator[tuple[Item, CheckedImage | None]], None, None]:
    """Yield, for each unit in order, what `read_unit` yields; each has to be read to its end before the next is.

    Units are read ahead of the one whose turn it is, as far as the cluster's object store allows; this process holds
    a block of a unit at a time.

    Args:
        units: What is read; a task takes one core.
        max_pixels: Largest image that is decoded.
        address: Of the cluster, as `proguard.runtime.cluster.connect` takes it; ``None`` reads nothing.

    Raises:
        ConnectionError: When there is no cluster at the address.
        ValueError: What an adapter raised, as it raised it.
    """
    if not units or address is None:
        return
    with connect(address), closing(_read_rows(units, max_pixels=max_pixels)) as rows:
        for _ in units:
            yield _until_end(rows)


def _read_rows(
    units: Sequence[Unit], *, max_pixels: int
) -> Generator[tuple[Item, CheckedImage | None] | None, None, None]:
    """Yield the rows of all units in order, ``None`` after the last row of each; raise a unit's fault at its turn."""
    import ray.data

    def read(row: dict[str, int]) -> Iterator[dict[str, bytes]]:
        # A fault of the data travels as a row: Ray would report it ahead of its turn, and wrapped.
        try:
            for checked in read_unit(units[row["item"]], max_pixels=max_pixels):
                yield {"checked": pickle.dumps(checked)}
            yield {"checked": pickle.dumps(None)}
        except ValueError as fault:
            yield {"checked": pickle.dumps(fault)}

    numbers = ray.data.from_items(list(range(len(units))), override_num_blocks=min(len(units), MAX_BLOCKS))
    checked = numbers.flat_map(read)
    checked.context.execution_options.preserve_order = True
    checked.context.enable_progress_bars = False
    for row in checked.iter_rows():
        content = pickle.loads(row["checked"])
        if isinstance(content, ValueError):
            raise content
        yield content


def _until_end(
    rows: Iterator[tuple[Item, CheckedImage | None] | None],
) -> Iterator[tuple[Item, CheckedImage | None]]:
    for row in rows:
        if row is None:
            return
        yield row
    raise EOFError("collect: the cluster's rows end in the middle of a unit; run again")
