"""JSON from outside, read strictly.

A reader that keeps the last of two equal keys may judge another text than the one that an application uses.
"""

import json
from collections.abc import Sequence
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """Return what a JSON text holds.

    Raises:
        ValueError: When it is not JSON, or an object has a key twice; the message names the key.
        RecursionError: When it is nested too deeply.
    """
    return json.loads(text, object_pairs_hook=_make_object)


def _make_object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {next(key for key in keys if keys.count(key) > 1)!r} is given twice; keep one")
    return content
