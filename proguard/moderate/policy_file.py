"""A policy file: a YAML list of codes of the guard's taxonomy, or of entries ``{id, name, description}``."""

from pathlib import Path
from typing import Any

import yaml

from proguard.policy import Policy
from proguard.taxonomy import Level, Node, Taxonomy


def read_policy(path: Path, taxonomy: Taxonomy, level: Level) -> tuple[Policy, Taxonomy]:
    """Return the policy of a file and a taxonomy that knows its categories.

    Raises:
        ValueError: When the file is no list of codes and entries; the message names the first bad one.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"--policy {path}: {error}") from error
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"--policy {path}: expected a list of codes or of {{id, name, description}}")
    nodes = [_read_entry(entry, index, path, taxonomy) for index, entry in enumerate(entries, 1)]
    policy = Policy(level, tuple((id_, node.code) for id_, node in nodes))
    own = tuple(node for _, node in nodes if node.code not in taxonomy)
    return policy, Taxonomy(taxonomy.nodes + own)


def _read_entry(entry: Any, index: int, path: Path, taxonomy: Taxonomy) -> tuple[str, Node]:
    if isinstance(entry, str) and entry in taxonomy:
        return entry, taxonomy[entry]
    if isinstance(entry, dict) and all(isinstance(entry.get(k), str) for k in ("id", "name", "description")):
        return entry["id"], Node(f"own:{entry['id']}", entry["name"], entry["description"], ())
    raise ValueError(
        f"--policy {path}: entry {index}: expected a code of the taxonomy or {{id, name, description}}, found {entry!r}"
    )
