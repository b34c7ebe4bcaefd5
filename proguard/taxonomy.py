"""The taxonomy: 11 categories, 28 subcategories, each with a description and a bank of synonyms.

Two file formats are read: ours (``code``, ``name``, ``synonyms``) and the published one
(``category``, ``synonymous-phrase``, codes implied by the order).
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from proguard.ids import fold_id, id_fault
from proguard.storage.yaml_file import read_yaml
from proguard.text import on_one_line

Level = Literal["category", "subcategory"]

MIN_SYNONYMS = 5


@dataclass(frozen=True, slots=True)
class Node:
    """One category or subcategory."""

    code: str
    """What data and policies call it: ``"C7S2"`` in ours. Any text; nothing is read from its spelling."""

    name: str
    """Title that a policy shows."""

    description: str
    """One sentence that a policy shows."""

    synonyms: tuple[str, ...]
    """Other names of the same risk; with the name, the bank that a free name is compared with."""

    parent: str | None = None
    """Code of the category that a subcategory belongs to; ``None`` for a category."""

    @property
    def level(self) -> Level:
        """Whether this is a category or a subcategory."""
        return "category" if self.parent is None else "subcategory"


@dataclass(frozen=True)
class Taxonomy:
    """Every node, in file order: a category, then its subcategories."""

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        """Check that codes differ and that each subcategory has its category.

        Raises:
            ValueError: When they do not; the message names the code.
        """
        categories, seen = {node.code for node in self.nodes if node.parent is None}, dict[str, str]()
        for node in self.nodes:
            if earlier := seen.get(fold_id(node.code)):
                spelling = "" if earlier == node.code else f", to one of them as {earlier}"
                raise ValueError(f"code {node.code} is given to more than one node{spelling}")
            seen[fold_id(node.code)] = node.code
            if node.parent is not None and node.parent not in categories:
                raise ValueError(f"{node.code} {node.name!r} belongs to {node.parent}, which is not a category")

    @cached_property
    def _by_code(self) -> dict[str, Node]:
        return {node.code: node for node in self.nodes}

    def __getitem__(self, code: str) -> Node:
        """Return the node of ``code``; ``KeyError`` names an unknown one."""
        if code not in self._by_code:
            raise KeyError(f"no category {code!r} in the taxonomy; it has {', '.join(self._by_code)}")
        return self._by_code[code]

    def __contains__(self, code: object) -> bool:
        """Whether ``code`` is a node's code."""
        return code in self._by_code

    def __iter__(self) -> Iterator[Node]:
        """Iterate over the nodes in file order."""
        return iter(self.nodes)

    def codes(self, level: Level) -> tuple[str, ...]:
        """Return the codes of one level, in file order."""
        return tuple(node.code for node in self.nodes if node.level == level)

    def category_of(self, code: str) -> str:
        """Return the category's code of any code: in ours, ``"C7S2"`` and ``"C7"`` give ``"C7"``."""
        return self[code].parent or code

    def code_at(self, code: str, level: Level) -> str | None:
        """Return ``code`` as seen at ``level``; ``None`` for a category where a subcategory is asked for."""
        if level == "category":
            return self.category_of(code)
        return code if self[code].level == "subcategory" else None

    @cached_property
    def hash(self) -> str:
        """First 16 hex digits of the SHA-256 of the whole content."""
        content = [[n.code, n.name, n.description, list(n.synonyms)] for n in self.nodes]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def load_taxonomy(path: Path | str) -> Taxonomy:
    """Read a taxonomy file of either format.

    Raises:
        ValueError: When the file is not one that `read_yaml` takes; when a node lacks a name, a description or five
            synonyms, or has a code that is no id or is another's; when a subcategory has subcategories. The message
            names the node.
    """
    content = read_yaml(path)
    if not isinstance(content, list) or not content:
        raise ValueError(f"{path}: expected a list of categories, found {type(content).__name__}")
    nodes = [node for i, entry in enumerate(content, 1) for node in _read_category(entry, i, path)]
    try:
        return Taxonomy(tuple(nodes))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _read_category(entry: Any, index: int, path: Path | str) -> list[Node]:
    category = _read_node(entry, f"C{index}", None, path)
    children = entry.get("subcategories") or []
    if not isinstance(children, list) or not children:
        raise ValueError(f"{path}: {category.code} {category.name!r} has no subcategories")
    nodes = [_read_node(e, f"{category.code}S{i}", category.code, path) for i, e in enumerate(children, 1)]
    if nested := [node for node, child in zip(nodes, children, strict=True) if child.get("subcategories")]:
        raise ValueError(f"{path}: {nested[0].code} {nested[0].name!r} has subcategories; expected two levels")
    return [category, *nodes]


def _read_node(entry: Any, default_code: str, parent: str | None, path: Path | str) -> Node:
    if not isinstance(entry, dict):
        raise ValueError(f"{path}: {default_code}: expected a mapping, found {entry!r}")
    code = entry.get("code", default_code)
    name = entry.get("name", entry.get("category"))
    synonyms = entry.get("synonyms", entry.get("synonymous-phrase"))
    where = f"{path}: node {code} ({name or 'unnamed'})"
    if fault := id_fault(code):
        raise ValueError(f"{where}: code {code!r:.80} {fault}; choose another")
    description = entry.get("description")
    if not isinstance(name, str) or not on_one_line(name):
        raise ValueError(f"{where}: name is missing")
    if not isinstance(description, str) or not on_one_line(description):
        raise ValueError(f"{where}: description is missing")
    if not isinstance(synonyms, list) or not all(isinstance(s, str) for s in synonyms):
        raise ValueError(f"{where}: synonyms must be a list of texts, found {synonyms!r}")
    unique = tuple(dict.fromkeys(s.strip() for s in synonyms if s.strip()))
    if len(unique) < MIN_SYNONYMS:
        raise ValueError(f"{where}: synonyms must be {MIN_SYNONYMS} or more, found {len(unique)}")
    return Node(code, name.strip(), description.strip(), unique, parent)
