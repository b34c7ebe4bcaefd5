"""Entries of ``conf/guard``, and what becomes of them: guard.json, and answers.parquet of recorded answers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proguard.guard_entries.texts import find_text
from proguard.guards.categories import load_meanings
from proguard.guards.families import make_family
from proguard.guards.spec import GuardSpec, check_spec
from proguard.inference.weights import is_folder
from proguard.taxonomy import Taxonomy


def make_spec(name: str, entry: Mapping[str, Any], *, maps: Path, taxonomy: Taxonomy) -> GuardSpec:
    """Return the guard of an entry, with its texts fetched and its categories in our taxonomy.

    Args:
        name: The guard's name, for messages.
        entry: ``guards.<name>`` of the parameters: as `GuardSpec`, with ``map``, the name of a map of guard maps, in
            place of ``meanings``, and with names or sources of texts in place of texts.
        maps: File of guard maps.
        taxonomy: Ours.

    Raises:
        ValueError: When the entry is wrong, a revision is not pinned, or a text is not the one that was pinned.
        ConnectionError: When a text cannot be fetched.
    """
    where = f"guards.{name}"
    content = dict(entry)
    map_name, sources = content.pop("map", None), content.pop("texts", None) or {}
    content["meanings"] = None if map_name is None else load_meanings(map_name, maps, taxonomy)
    spec = check_spec({**content, "texts": dict.fromkeys(sources, "")}, where)
    _check_pinned(spec, where)
    texts = {key: find_text(source, f"{where}.texts.{key}") for key, source in sources.items()}
    spec = check_spec({**content, "texts": texts}, where)
    make_family(spec, where)
    return spec


def _check_pinned(spec: GuardSpec, where: str) -> None:
    weights = spec.weights
    if weights and weights.revision is None and not is_folder(weights.model):
        raise ValueError(
            f"{where}.weights.revision: no commit of {weights.model} is pinned; look one up on its page of the hub and "
            f"set it: {where}.weights.revision=<commit>"
        )
