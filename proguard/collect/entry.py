"""An entry of ``collect.sources`` or ``collect.benchmarks``: what to read, where it is, and the adapter that reads it.

One adapter may serve several entries, such as the training part and the test part of a data set.
"""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from proguard.collect import sources as sources_folder
from proguard.collect.item import Found, Item, Rejected
from proguard.collect.web.images import WebImages
from proguard.sample import relabel

Role = Literal["source", "benchmark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The settings of an entry; a file of conf/source or conf/benchmark holds those that differ from these."""

    licence: str
    """Licence of the data, as its card or its authors' repository states it."""

    adapter: str | None = None
    """Module of `proguard.collect.sources` that reads it; ``None``: the one with the entry's name."""

    hub: str | None = None
    """Id of the data set on the Hugging Face hub; ``None``: it is read from ``url``, or drawn."""

    gate: str | None = None
    """Page whose terms have to be accepted; ``None``: anybody may read."""

    url: str | None = None
    """Address that serves ``<url>/<revision>/<path>``; ``None``: the files are the hub's, or there are none."""

    revision: str | None = None
    """Commit of the hub's or the authors' repository; a branch is read too, and the ledger records what was read."""

    editions: Mapping[str, int | None] = field(default_factory=dict)
    """Manifests ``<name>.sha256`` in `proguard.collect.sources` and the rows that each holds, ``None`` when unknown. A
    mirror is read as the first one that it has the files of; a download takes the first one."""

    files: Sequence[str | Sequence[str]] = ()
    """Glob patterns of files on the hub, in reading order; empty where manifests list the files. Of a list in the list
    the first pattern that matches counts, where repositories name a file differently."""

    rows: int | None = None
    """Rows that the reader yields; ``None``: any number, or what the edition says."""

    download_bytes: int | None = None
    """Bytes of the files, rounded, as their page states them; ``None`` when it isn't known. Only `proguard plan` reads
    it."""

    accept_other_files: bool = False
    """Whether files other than the pinned ones are read too; the ledger has them as not verified, and they may have any
    number of rows."""

    per_file: bool = True
    """Whether each file can be read by itself, as a task of its own on a cluster."""

    read: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of the adapter's ``read`` function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A source in its role."""

    name: str
    role: Role
    source: Source
    adapter: str
    """Name of the module of `proguard.collect.sources` that reads it."""

    reader: Callable[..., Iterator[Item]]
    """Its ``read`` function."""

    source_labels: Sequence[str] | None
    """Its ``SOURCE_LABELS``: the labels of its own that unsafe samples may have; ``None`` for any."""

    @property
    def key(self) -> str:
        """Key in the configuration, for messages."""
        return f"collect.{self.role}s.{self.name}"

    @property
    def takes_web(self) -> bool:
        """Whether the adapter looks images up in the web, with the ``web`` that collect gives it."""
        return "web" in inspect.signature(self.reader).parameters


def make_entry(role: Role, name: str, settings: Mapping[str, Any]) -> Entry:
    """Return an entry of the configuration with its reader.

    Raises:
        ValueError: When a key is missing or unknown, keys contradict one another, or the adapter does not exist.
    """
    key = f"collect.{role}s.{name}"
    known = {field.name for field in fields(Source)}
    if unknown := sorted(settings.keys() - known):
        raise ValueError(f"{key}: unknown keys {unknown}; expected some of {', '.join(sorted(known))}")
    if "licence" not in settings:
        raise ValueError(f"{key}: no licence; name it as the data's card or repository states it")
    source = Source(**settings)
    _check_origin(key, source)
    adapter = source.adapter or name
    module = find_adapter(adapter, key=key)
    labels = getattr(module, "SOURCE_LABELS", None)
    return Entry(name=name, role=role, source=source, adapter=adapter, reader=module.read, source_labels=labels)


def _check_origin(key: str, source: Source) -> None:
    """Raise `ValueError` unless the files are the hub's, at an address, or there are none."""
    names = ("hub", "files", "url", "editions", "revision")
    given = {name for name in names if getattr(source, name)}
    is_drawn = given <= {"revision"}
    is_hub, is_address = given - {"url"} == {"hub", "files", "revision"}, given == {"url", "editions", "revision"}
    if not (is_drawn or is_hub or is_address):
        raise ValueError(
            f"{key}: expected hub, files and revision, or url, editions and revision, or none of them; "
            f"found {', '.join(sorted(given))}"
        )


def find_adapter(adapter: str, *, key: str) -> ModuleType:
    """Return the module of an adapter.

    Raises:
        ValueError: When `proguard.collect.sources` has no such adapter; the message names the nearest.
    """
    modules = sorted(module.name for module in pkgutil.iter_modules(sources_folder.__path__))
    if adapter not in modules:
        nearest = difflib.get_close_matches(adapter, modules, n=1, cutoff=0.3)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise ValueError(f"{key}.adapter: no module {adapter!r} in proguard/collect/sources{hint}")
    return importlib.import_module(f"proguard.collect.sources.{adapter}")


def read_entry(entry: Entry, files: Mapping[str, Path], *, web: WebImages | None = None) -> Iterator[Item]:
    """Yield what the adapter reads, samples with the name of the entry, those of a benchmark with that split.

    A sample with a label that the adapter does not declare is rejected: no label map knows it.

    Args:
        entry: What to read.
        files: Where each of its files lies; empty when the adapter reads none.
        web: Reader of images by address, for the adapters that ask for it.
    """
    arguments: dict[str, Any] = {"files": files} if files else {}
    if entry.takes_web:
        arguments["web"] = web
    labels = None if entry.source_labels is None else {None, *entry.source_labels}
    for item in entry.reader(**arguments, **entry.source.read):
        if isinstance(item, Found):
            label = item.sample.source_label
            if labels is not None and label not in labels:
                yield Rejected(item.file, item.row, "unknown label", f"{label!r} is not in the adapter's SOURCE_LABELS")
                continue
            split = "benchmark" if entry.role == "benchmark" else item.sample.split
            item = replace(item, sample=relabel(item.sample, source=entry.name, split=split))
        yield item
