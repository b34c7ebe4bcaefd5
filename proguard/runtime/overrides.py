"""What a stage run by hand may override: a key that exists, and from which conf/ computes no other key.

params.yaml is resolved, so overriding a key there does not change those that conf/ computes from it.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from proguard.runtime.params import CONF, compose_unresolved

_OVERRIDE = re.compile(r"(?P<sign>\+{0,2}|~)(?P<key>[\w.@/-]+)=")
_REFERENCE = re.compile(r"\$\{(?:[\w.]+:)?(?P<key>\w+(?:\.\w+)*)\}")


def check_overrides(arguments: Sequence[str], params: DictConfig, conf: Path = CONF) -> None:
    """Exit unless every override is of a key of ``params`` and changes all that depends on it.

    ``+key=value``, ``hydra.*`` and flags pass the first check.

    Raises:
        SystemExit: With the nearest key, or with the keys that conf/ computes from an overridden one.
    """
    overrides = [match for argument in arguments if (match := _OVERRIDE.match(argument))]
    overrides = [match for match in overrides if not match["key"].startswith("hydra.")]
    known = sorted(_keys(OmegaConf.to_container(params)))
    for key in (match["key"] for match in overrides if not match["sign"].startswith("+")):
        if key not in known:
            nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.3)
            hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
            raise SystemExit(f"params.yaml has no key {key!r}{hint}")
    _check_dependents([match["key"] for match in overrides], params, conf)


def _check_dependents(overridden: Sequence[str], params: DictConfig, conf: Path) -> None:
    if not any(_is_referenced(key, conf) for key in overridden):
        return
    dependents = find_dependents(compose_unresolved(conf, [f"profile={params.profile}"]))
    for key in overridden:
        related = {d for source, keys in dependents.items() if _overlap(key, source) for d in keys}
        if missing := sorted(d for d in related if not any(_covers(other, d) for other in overridden)):
            raise SystemExit(
                f"{key}: conf/ computes {', '.join(missing)} from it, which this override would leave as it is; "
                f"override that too, or run `dvc exp run -S {key}=...`"
            )


def find_dependents(unresolved: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return, for each key that others are computed from, those others.

    Args:
        unresolved: The composed configuration with its interpolations.
    """
    dependents: dict[str, list[str]] = {}
    for key, value in _leaves(unresolved):
        for match in _REFERENCE.finditer(value) if isinstance(value, str) else ():
            dependents.setdefault(match["key"], []).append(key)
    return dependents


def _is_referenced(key: str, conf: Path) -> bool:
    """Return whether some file of conf/ refers to a key, so that composing conf/ is worth its time."""
    texts = (file.read_text(encoding="utf-8") for file in conf.rglob("*.yaml"))
    return any(_overlap(key, match["key"]) for text in texts for match in _REFERENCE.finditer(text))


def _overlap(one: str, other: str) -> bool:
    return _covers(one, other) or _covers(other, one)


def _covers(key: str, other: str) -> bool:
    return key == other or other.startswith(f"{key}.")


def _keys(node: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield f"{prefix}{key}"
            yield from _keys(value, f"{prefix}{key}.")


def _leaves(node: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested mappings and lists; those of a list under the list's key."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _leaves(value, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(node, list):
        for value in node:
            yield from ((prefix, leaf) for _, leaf in _leaves(value))
    else:
        yield prefix, node
