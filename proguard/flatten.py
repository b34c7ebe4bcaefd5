"""Nested mappings as dotted keys, the form of Hydra overrides and of MLflow parameters and metrics."""

from collections.abc import Iterator, Mapping
from typing import Any


def flatten(content: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested mappings as dotted key and value; a list is a leaf."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from flatten(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, content
