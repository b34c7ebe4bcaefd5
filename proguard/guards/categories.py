"""A guard's own categories in our taxonomy.

``data/guard_maps.yaml`` says what each label of a guard may mean, first the one answer; ``none`` is a risk that the
taxonomy has no category for. A label is a name, or a code and a name (``S1 Violent Crimes``): answers may hold either.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from proguard.storage.yaml_file import read_yaml
from proguard.taxonomy import Taxonomy

NO_HOME: Final = "none"

_CODED = re.compile(r"(?P<code>[A-Z]{1,2}\d{1,2})\s+(?P<name>.+)")

Meanings = Mapping[str, Sequence[str]]
"""By label, the codes of the taxonomy that it may mean, or `NO_HOME`; the first is the one answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """What labels in an answer mean."""

    category: str | None
    """The labels as the guard wrote them; ``None`` without one."""

    code: str | None
    """The one answer; ``None`` when it has no home in the taxonomy."""

    codes: tuple[str, ...]
    """All that the labels may mean."""

    unknown: tuple[str, ...]
    """Labels that the guard's list does not have."""


def find_categories(labels: Iterable[str], meanings: Meanings) -> Found:
    """Return what the labels of an answer mean, in their order."""
    known = _by_spelling(meanings)
    said = list(dict.fromkeys(label.strip() for label in labels if label.strip()))
    lists = [known[_fold(label)] for label in said if _fold(label) in known]
    codes = tuple(dict.fromkeys(code for found in lists for code in found if code != NO_HOME))
    first = lists[0][0] if lists else NO_HOME
    return Found(
        category=", ".join(said) or None,
        code=None if first == NO_HOME else first,
        codes=codes,
        unknown=tuple(label for label in said if _fold(label) not in known),
    )


def load_meanings(name: str, path: Path | str, taxonomy: Taxonomy) -> dict[str, list[str]]:
    """Return the map ``name`` of a file of guard maps.

    Raises:
        ValueError: When the file has no such map, an entry is not a code of the taxonomy, a list of codes or ``none``,
            or two labels of different meaning have a spelling in common.
    """
    content = read_yaml(path)
    if not isinstance(content, dict) or not all(isinstance(labels, dict) for labels in content.values()):
        raise ValueError(f"{path}: expected a map of labels per guard map")
    if name not in content:
        raise ValueError(f"{path}: no map {name!r}; it has {', '.join(content)}")
    where = f"{path}: {name}"
    meanings = {label: _read_meaning(entry, f"{where}: {label}", taxonomy) for label, entry in content[name].items()}
    _check_spellings(meanings, where)
    return meanings


def _read_meaning(entry: Any, where: str, taxonomy: Taxonomy) -> list[str]:
    codes = entry if isinstance(entry, list) else [entry]
    if not codes or len(set(map(str, codes))) < len(codes):
        raise ValueError(f"{where}: expected different codes, found {entry!r}")
    if unknown := [code for code in codes if not isinstance(code, str) or (code != NO_HOME and code not in taxonomy)]:
        raise ValueError(f"{where}: {unknown[0]!r} is neither a code of the taxonomy nor {NO_HOME!r}")
    return codes


def _check_spellings(meanings: Meanings, where: str) -> None:
    """Raise when an answer could mean either of two labels of different meaning."""
    owners = dict[str, str]()
    for label in meanings:
        for spelling in _spellings(label):
            owner = owners.setdefault(spelling, label)
            if meanings[owner] != meanings[label]:
                raise ValueError(f"{where}: labels {owner!r} and {label!r} are one to a reader of answers; keep one")


def labels_of(meanings: Meanings) -> dict[str, str]:
    """Return code and name of each label, in order; a label without a code has its name for one."""
    matches = {label: _CODED.fullmatch(label) for label in meanings}
    return {m["code"] if m else label: m["name"] if m else label for label, m in matches.items()}


def _by_spelling(meanings: Meanings) -> dict[str, Sequence[str]]:
    return {spelling: codes for label, codes in meanings.items() for spelling in _spellings(label)}


def _spellings(label: str) -> list[str]:
    """Return the ways in which an answer gives a label: all of it, its code, its name."""
    match = _CODED.fullmatch(label)
    return [_fold(spelling) for spelling in (label, *((match["code"], match["name"]) if match else ()))]


def _fold(label: str) -> str:
    """Return a label without letter case, punctuation and the word ``and``, which answers vary in."""
    return " ".join(word for word in re.findall(r"\w+", label.casefold()) if word != "and")
