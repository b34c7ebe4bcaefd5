"""Ranges of settings: what a value has to be, in words and as a check; `proguard.runtime.allowed` lists them by key.

Every stage checks all settings when it starts, so that a setting of the last stage is refused before the first one
reads anything.
"""

import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NEAREST = 0.6
"""Likeness, of 1, from which a known key is suggested for an unknown one."""


@dataclass(frozen=True, slots=True)
class Range:
    """What a value has to be."""

    text: str
    """Completes "expected ..."."""

    holds: Callable[[Any], bool]
    """Whether a value is allowed."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What several values have to be to each other; it is checked when each is in its own range."""

    keys: tuple[str, ...]
    text: str
    """Completes "expected ..."."""

    holds: Callable[..., bool]
    """Whether the values of ``keys``, in order, are allowed."""


def whole(least: int, most: int | None = None) -> Range:
    """Return the range of whole numbers from ``least`` to ``most``."""
    text = f"a whole number of at least {least}" if most is None else f"a whole number from {least} to {most}"
    return Range(text, lambda value: _is_whole(value) and value >= least and (most is None or value <= most))


def number(text: str, holds: Callable[[float], bool]) -> Range:
    """Return the range of finite numbers for which ``holds`` is true."""
    return Range(text, lambda value: _is_number(value) and math.isfinite(value) and holds(value))


def one_of(*names: str) -> Range:
    """Return the range of some names."""
    return Range(f"one of {', '.join(names)}", lambda value: isinstance(value, str) and value in names)


def or_null(other: Range) -> Range:
    """Return ``other`` with null."""
    return Range(f"null or {other.text}", lambda value: value is None or other.holds(value))


def list_of(other: Range) -> Range:
    """Return the range of lists whose elements are in ``other``."""
    return Range(f"a list, each element {other.text}", lambda value: _is_list(value) and all(map(other.holds, value)))


SHARE = number("a number in [0, 1]", lambda value: 0 <= value <= 1)
BELOW_ONE = number("a number in [0, 1)", lambda value: 0 <= value < 1)
POSITIVE = number("a number above 0", lambda value: value > 0)
NOT_NEGATIVE = number("a number of at least 0", lambda value: value >= 0)
FLAG = Range("true or false", lambda value: isinstance(value, bool))
TEXT = Range(
    "a text; put quotes around a number or a word such as no", lambda v: isinstance(v, str) and bool(v.strip())
)
ANY = Range("anything", lambda value: True)


def find_faults(
    params: Mapping[str, Any], allowed: Mapping[str, Range], relations: Sequence[Relation] = ()
) -> list[str]:
    """Return what is wrong with settings, a line each: the key, what is expected, what is found.

    Args:
        params: Nested mappings; an element of a list of mappings has the key of the list and its own ``name``.
        allowed: Range by dotted key; ``*`` matches one part of a key, a final ``**`` the rest of it. The first
            that matches counts.
        relations: Checked when all else is right.
    """
    leaves = dict(_leaves(params))
    patterns = [(re.compile(_pattern(key)), found) for key, found in allowed.items()]
    faults = []
    for key, value in leaves.items():
        expected = next((found for pattern, found in patterns if pattern.fullmatch(key)), None)
        if expected is None:
            faults.append(f"{key}: {_describe_unknown(key, value, allowed)}")
        elif not expected.holds(value):
            faults.append(f"{key}: expected {expected.text}, found {_show(value)}")
    faults += [f"{key}: missing, expected {found.text}" for key, found in allowed.items() if _is_missing(key, params)]
    if faults:
        return faults
    values = [(relation, [_value(params, key) for key in relation.keys]) for relation in relations]
    return [_describe(relation, found) for relation, found in values if not relation.holds(*found)]


def _leaves(node: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _leaves(value, f"{prefix}.{key}" if prefix else str(key))
    elif _is_list(node) and any(isinstance(entry, Mapping) for entry in node):
        for number_, entry in enumerate(node):
            name = entry.get("name", number_) if isinstance(entry, Mapping) else number_
            yield from _leaves(entry, f"{prefix}.{name}")
    else:
        yield prefix, node


def _pattern(key: str) -> str:
    return re.escape(key).replace(r"\*\*", ".+").replace(r"\*", r"[^.]+")


def _describe_unknown(key: str, value: Any, allowed: Mapping[str, Range]) -> str:
    if any(known.startswith(f"{key}.") for known in allowed):
        return f"expected settings below it, found {_show(value)}"
    near = difflib.get_close_matches(key, [known for known in allowed if "*" not in known], n=1, cutoff=NEAREST)
    return f"no such setting{f'; did you mean {near[0]}?' if near else ''}"


def _is_missing(key: str, params: Mapping[str, Any]) -> bool:
    """Return whether a key without wildcard is absent."""
    if "*" in key:
        return False
    node: Any = params
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return True
        node = node[part]
    return False


def _value(params: Mapping[str, Any], key: str) -> Any:
    node: Any = params
    for part in key.split("."):
        node = node[part]
    return node


def _describe(relation: Relation, values: Sequence[Any]) -> str:
    found = ", ".join(f"{key} = {_show(value)}" for key, value in zip(relation.keys, values, strict=True))
    return f"{relation.keys[0]}: expected {relation.text}, found {found}"


def _show(value: Any) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
