"""The guards of ``conf/guard`` as a list for a terminal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import yaml
from rich.console import Console
from rich.table import Table

from proguard.runtime.reading import reading

PLAIN_WIDTH = 200
"""Columns where the output is not a terminal."""

Entry = Mapping[str, Any]
"""``guards.<name>`` of a file of conf/guard."""


def read_catalogue(folder: Path) -> dict[str, Entry]:
    """Return the entries by name, in the order of their names.

    Raises:
        FileNotFoundError: When there is no such folder.
        ValueError: When a file of it holds no guards.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}; run from the project's root, or give --conf")
    return {name: entry for path in sorted(folder.glob("*.yaml")) for name, entry in _read_file(path).items()}


def _read_file(path: Path) -> dict[str, Entry]:
    with reading(path, "docs/guards.md says what an entry holds"):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {name: dict(entry) for name, entry in content["guards"].items()}


def needs_of(entry: Entry) -> list[str]:
    """Return what a guard needs before it can be asked, in words."""
    needs, facts = [], entry.get("facts") or {}
    if facts.get("gate"):
        needs.append("a token of an account that accepted its terms (HF_TOKEN)")
    weights, server, recorded = (entry.get(key) for key in ("weights", "server", "recorded"))
    if weights:
        if weights.get("revision") is None:
            needs.append("a pinned commit (weights.revision)")
        if weights.get("engine"):
            needs.append(f"the engine {weights['engine']}")
        if weights.get("remote_code"):
            needs.append("trust in code that it brings")
    if server and server.get("key_variable"):
        needs.append(f"a key in {server['key_variable']}")
    if server and "localhost" in server["url"]:
        needs.append(f"a server of your own at {server['url']}")
    sources = [source for source in (entry.get("texts") or {}).values() if isinstance(source, Mapping)]
    needs += [f"its prompt in {source['path']}" for source in sources if "path" in source]
    if any("repository" in source for source in sources) or (recorded and recorded.get("base")):
        needs.append("github.com once")
    return needs


def answers_from(entry: Entry) -> str:
    """Return where a guard's answers come from."""
    if entry.get("weights"):
        return str(entry["weights"]["model"])
    if entry.get("server"):
        return f"{entry['server']['model']} at {entry['server']['url']}"
    return f"{len(entry['recorded']['files'])} recorded files"


def print_guards(catalogue: Mapping[str, Entry], stream: TextIO) -> None:
    """Print one line a guard."""
    table = Table(title=f"{len(catalogue)} guards", title_justify="left")
    for column in ("guard", "published as", "family", "judges", "answers from", "licence", "needs"):
        table.add_column(column, overflow="fold")
    for name, entry in catalogue.items():
        scope, facts = entry["scope"], entry.get("facts") or {}
        judges = f"{' + '.join(scope['sides'])} of {', '.join(scope['modalities'])}"
        needs = "; ".join(needs_of(entry)) or "nothing"
        published = facts.get("published_as") or "-"
        licence = str(facts.get("licence", "-"))
        table.add_row(name, published, entry["family"], judges, answers_from(entry), licence, needs)
    _console(stream).print(table)


def print_guard(name: str, entry: Entry, stream: TextIO) -> None:
    """Print all that is known of one guard."""
    console = _console(stream)
    console.print(f"{name}: needs {'; '.join(needs_of(entry)) or 'nothing'}\n")
    console.print(yaml.safe_dump({name: dict(entry)}, sort_keys=False, allow_unicode=True), markup=False)


def _console(stream: TextIO) -> Console:
    return Console(file=stream, width=None if stream.isatty() else PLAIN_WIDTH, highlight=False)
