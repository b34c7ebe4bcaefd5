"""A policy of one's own: codes of the guard's taxonomy, or entries ``{id, name, description}``, checked once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from proguard.ids import check_ids
from proguard.policy import Policy, full_policy
from proguard.sample import content_hash
from proguard.storage.stand_in import check_data
from proguard.storage.yaml_file import read_yaml
from proguard.strict_json import parse_json
from proguard.taxonomy import Level, Node, Taxonomy
from proguard.text import on_one_line


@dataclass(frozen=True)
class OwnPolicy:
    """Categories that an application checks for, with a taxonomy that knows them."""

    shown: tuple[tuple[str, str], ...] | None
    """Pairs of id and code in the order of the prompt; ``None`` shows the taxonomy, at the level of the prompt."""

    taxonomy: Taxonomy

    def at(self, level: Level) -> Policy:
        """Return the policy of a prompt whose modality has policies of ``level``."""
        return full_policy(self.taxonomy, level) if self.shown is None else Policy(level, self.shown)

    @property
    def names(self) -> dict[str, str]:
        """Name of each category by its id; of both levels, when it shows the taxonomy."""
        if self.shown is None:
            return {node.code: node.name for node in self.taxonomy}
        return {id_: self.taxonomy[code].name for id_, code in self.shown}

    @cached_property
    def hash(self) -> str:
        """16 hex digits over ids, names and descriptions."""
        nodes = [(node.code, node) for node in self.taxonomy] if self.shown is None else self._nodes
        return content_hash(*(text for id_, node in nodes for text in (id_, node.name, node.description)))

    @property
    def _nodes(self) -> list[tuple[str, Node]]:
        return [(id_, self.taxonomy[code]) for id_, code in self.shown or ()]


_KEYS = ("id", "name", "description")
"""Keys of an entry of one's own."""

_NOTES = ("synonyms", "examples")
"""Lists of texts that an entry may hold for people, as `proguard discover` writes them; no prompt shows them."""

_HALF = re.compile(r"[\ud800-\udfff]")
"""Half of a surrogate pair: JSON and YAML can write one, and nothing can encode it."""

PolicySource = OwnPolicy | Path | str | Sequence[Any]
"""A policy, the path of its YAML or JSON file, or its entries."""


def read_policy(source: Path | str | Sequence[Any], taxonomy: Taxonomy, *, max_categories: int) -> OwnPolicy:
    """Return the policy of a file or of a list of entries.

    Args:
        max_categories: Most entries, at least 1.

    Raises:
        ValueError: When it is not a list of codes and entries; the message names the file and the first bad entry.
    """
    where = f"policy {source}" if isinstance(source, str | Path) else "policy"
    entries = _read_file(Path(source), where) if isinstance(source, str | Path) else source
    if not isinstance(entries, Sequence) or isinstance(entries, str | bytes) or not entries:
        raise ValueError(f"{where}: expected a list of codes or of {{id, name, description}}")
    if len(entries) > max_categories:
        raise ValueError(f"{where}: {len(entries)} categories, more than the guard's limit of {max_categories}")
    nodes = [_read_entry(entry, f"{where}: entry {index}", taxonomy) for index, entry in enumerate(entries, 1)]
    shown = tuple((id_, node.code) for id_, node in nodes)
    check_ids([id_ for id_, _ in shown], where=where)
    own = tuple(node for entry, (_, node) in zip(entries, nodes, strict=True) if isinstance(entry, dict))
    return OwnPolicy(shown, Taxonomy(taxonomy.nodes + own))


def _read_file(path: Path, where: str) -> Any:
    try:
        check_data(where, path)
        return parse_json(path.read_text(encoding="utf-8-sig")) if path.suffix == ".json" else read_yaml(path)
    except RecursionError as error:
        raise ValueError(f"{where}: expected a list, found JSON that is nested too deeply") from error
    except (OSError, ValueError) as error:
        raise ValueError(f"{where}: {str(error).removeprefix(f'{where}: ').removeprefix(f'{path}: ')}") from error


def _read_entry(entry: Any, where: str, taxonomy: Taxonomy) -> tuple[str, Node]:
    if isinstance(entry, str) and entry in taxonomy:
        return entry, taxonomy[entry]
    if isinstance(entry, dict) and all(isinstance(entry.get(k), str) for k in _KEYS):
        if unknown := [key for key in entry if key not in (*_KEYS, *_NOTES)]:
            raise ValueError(f"{where}: key {unknown[0]!r} is not known; expected {', '.join((*_KEYS, *_NOTES))}")
        if wrong := [key for key in _NOTES if not _is_texts(entry.get(key, []))]:
            raise ValueError(f"{where}: {wrong[0]}: expected a list of texts, found {entry[wrong[0]]!r:.80}")
        if broken := [key for key in _KEYS[1:] if _HALF.search(entry[key])]:
            raise ValueError(f"{where}: {broken[0]} holds half of a surrogate pair")
        if empty := [key for key in ("name", "description") if not on_one_line(entry[key])]:
            raise ValueError(f"{where}: {empty[0]} is empty")
        return entry["id"], Node(f"own:{entry['id']}", entry["name"], entry["description"], ())
    raise ValueError(f"{where}: expected a code of the taxonomy or {{id, name, description}}, found {entry!r:.80}")


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
