"""YAML files that people write (taxonomy, label maps, policies): texts, lists and maps, taken as they are written.

YAML itself reads the label ``No`` as false and ``1.10`` as 1.1, and keeps the last of two equal keys. Here all of that
is an error that names the line.
"""

import json
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any, Final

import yaml

_TAG: Final = "tag:yaml.org,2002:"
_KINDS: Final = {
    "bool": "a truth value",
    "int": "a number",
    "float": "a number",
    "null": "nothing",
    "timestamp": "a date",
    "merge": "a merge of maps",
    "value": "a default value",
}
_MAX_FAULTS: Final = 10
_MAX_VALUES: Final = 100_000
"""Values of a file with its aliases written out."""


def read_yaml(path: Path | str) -> Any:
    """Return what a YAML file holds: texts, lists and maps with texts as keys; ``None`` for an empty file.

    Raises:
        ValueError: When the file is no such YAML, gives a key twice, or has a plain word that YAML takes for something
            other than a text (``No``, ``~``, ``12``, a date); the message names the file, each line and the remedy.
        OSError: When the file cannot be read.
    """
    content, reader = Path(path).read_bytes(), _Reader()
    try:
        root = yaml.compose(content.decode("utf-8-sig"), Loader=yaml.SafeLoader)
        if root is None:
            return None
        if _count(root, {}) > _MAX_VALUES:
            raise ValueError(f"{path}: expected {_MAX_VALUES:,} values or fewer; its aliases hold more, or themselves")
        value = reader.read(root)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected YAML in UTF-8: {_say(error)}") from error
    except RecursionError as error:
        raise ValueError(f"{path}: expected YAML: it is nested too deeply") from error
    if reader.faults:
        more = len(reader.faults) - _MAX_FAULTS
        rest = [f"and {more} more"] if more > 0 else []
        raise ValueError(f"{path}: {'; '.join([*reader.faults][:_MAX_FAULTS] + rest)}")
    return value


def _count(node: yaml.Node, counts: dict[int, float]) -> float:
    """Return how many values a node holds with its aliases written out; infinity when one holds itself."""
    if id(node) not in counts:
        counts[id(node)] = inf
        children = [] if isinstance(node, yaml.ScalarNode) else node.value
        parts = [part for child in children for part in (child if isinstance(child, tuple) else (child,))]
        counts[id(node)] = 1 + sum(_count(part, counts) for part in parts)
    return counts[id(node)]


@dataclass
class _Reader:
    """Turns parsed nodes into values and collects what is wrong with them."""

    faults: dict[str, None] = field(default_factory=dict)
    """In order, each once."""

    def read(self, node: yaml.Node) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return self._read_map(node)
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return [self.read(item) for item in node.value]
        if not isinstance(node, yaml.ScalarNode) or kind not in ("str", *_KINDS):
            return self._fail(node, f"tag {kind!r} is not known here; expected a text, a list or a map")
        if kind == "str":
            return node.value
        if not node.value:
            return self._fail(node, "a value is missing; write a text")
        quoted = json.dumps(node.value, ensure_ascii=False)
        return self._fail(node, f"YAML reads {node.value} as {_KINDS[kind]} and not as a text; quote it: {quoted}")

    def _read_map(self, node: yaml.MappingNode) -> dict[str, Any]:
        content, lines = dict[str, Any](), dict[str, int]()
        for key_node, value_node in node.value:
            self.read(key_node)
            key, value = key_node.value, self.read(value_node)
            if not isinstance(key, str):
                self._fail(key_node, "expected a text as key, found a list or a map")
            elif key in lines:
                self._fail(key_node, f"key {key!r} is given twice, first in line {lines[key]}; keep one")
            else:
                content[key], lines[key] = value, key_node.start_mark.line + 1
        return content

    def _fail(self, node: yaml.Node, fault: str) -> None:
        self.faults[f"line {node.start_mark.line + 1}: {fault}"] = None


def _say(error: Exception) -> str:
    """Return what is wrong with a file that does not parse, in one line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return " ".join(str(error).split())
