"""Label maps: what each source's own labels mean in the taxonomy.

A label that means one category is a vote. One that may mean several is not: it only says which categories annotators
may choose from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from proguard.storage.yaml_file import read_yaml
from proguard.taxonomy import Taxonomy

NO_HOME: Final = "none"
"""Word of the file for a label that the taxonomy has no category for."""

IDENTITY: Final = "codes"
"""Word of the file for a source whose labels are codes already."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a source label may mean."""

    candidates: tuple[str, ...]
    """Codes that it may mean; empty when it has no home in the taxonomy."""

    may_be_none: bool = False
    """Whether it may also mean something that the taxonomy has no category for."""

    @property
    def target(self) -> str | None:
        """The category that the label means; ``None`` when it leaves a choice."""
        return self.candidates[0] if len(self.candidates) == 1 and not self.may_be_none else None


LabelMaps = Mapping[str, Mapping[str, Meaning]]
"""Meaning by source and label."""


def load_label_maps(path: Path | str, taxonomy: Taxonomy) -> LabelMaps:
    """Read a file of label maps; a source with another's name in place of a map has the labels of that one.

    Raises:
        ValueError: When the file is not one that `read_yaml` takes, or an entry is not a code, a list of codes, or
            ``none``; the message names source and label.
    """
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected a map per source, found {type(content).__name__}")
    own = {
        source: content.get(labels, labels) if isinstance(labels, str) else labels for source, labels in content.items()
    }
    return {source: _read_map(labels, f"{path}: {source}", taxonomy) for source, labels in own.items()}


def meaning_of(label: str | None, source: str, maps: LabelMaps, taxonomy: Taxonomy) -> Meaning:
    """Return what ``label`` of ``source`` may mean; anything when the source gives no label.

    Raises:
        ValueError: When the maps lack the source or the label.
    """
    if label is None:
        return Meaning(taxonomy.codes("subcategory"), may_be_none=True)
    if label not in maps.get(source, {}):
        raise ValueError(
            f"label maps: source {source!r} has no entry for label {label!r}; it has "
            f"{sorted(maps.get(source, {}))}; add the label, as {NO_HOME} when the taxonomy has no category for it"
        )
    return maps[source][label]


def _read_map(labels: Any, where: str, taxonomy: Taxonomy) -> dict[str, Meaning]:
    if labels == IDENTITY:
        return {node.code: Meaning((node.code,)) for node in taxonomy}
    if not isinstance(labels, dict):
        raise ValueError(f"{where}: expected a map of labels, {IDENTITY!r} or another source, found {labels!r}")
    return {label: _read_meaning(entry, f"{where}: {label}", taxonomy) for label, entry in labels.items()}


def _read_meaning(entry: Any, where: str, taxonomy: Taxonomy) -> Meaning:
    codes = entry if isinstance(entry, list) else [entry]
    if not codes or len(set(map(str, codes))) < len(codes):
        raise ValueError(f"{where}: expected different codes, found {entry!r}")
    if unknown := [code for code in codes if not isinstance(code, str) or (code != NO_HOME and code not in taxonomy)]:
        raise ValueError(f"{where}: {unknown[0]!r} is neither a code of the taxonomy nor {NO_HOME!r}")
    return Meaning(tuple(code for code in codes if code != NO_HOME), NO_HOME in codes)
