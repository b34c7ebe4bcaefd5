"""From a guard's folder to its family."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proguard.card import check_prompt, read_card
from proguard.guards.family import Family
from proguard.guards.own import Own
from proguard.guards.reasoner import Reasoner
from proguard.guards.spec import FamilyName, GuardSpec, read_spec

OWN = "own"
"""Name of the family of the guards that the pipeline makes."""

_CLASSES: Mapping[FamilyName, Callable[..., Family]] = {
    "reasoner": Reasoner,
}


def make_family(spec: GuardSpec, where: str) -> Family:
    """Return the family of a guard that is not ours, with its options.

    Raises:
        ValueError: When the family does not know an option or needs another; the message begins with ``where``.
    """
    given: dict[str, Any] = {"scope": spec.scope, "texts": spec.texts, "meanings": spec.meanings}
    try:
        return _CLASSES[spec.family](**given, **spec.options)
    except TypeError as error:
        raise ValueError(f"{where}: options of family {spec.family}: {error}") from None


@dataclass(frozen=True, slots=True)
class OpenedGuard:
    """A guard as its folder describes it."""

    family_name: str
    family: Family
    spec: GuardSpec | None
    """``None`` for one of our own, whose weights are in the folder."""


def open_guard_folder(folder: Path | str) -> OpenedGuard:
    """Return the guard of a folder, ours or another.

    Raises:
        FileNotFoundError: When the folder has no guard.json.
        ValueError: When the file is damaged, or the prompts of our own guard are worded otherwise now.
    """
    spec = read_spec(folder)
    if spec is not None:
        return OpenedGuard(spec.family, make_family(spec, str(folder)), spec)
    card = read_card(folder)
    check_prompt(card)
    return OpenedGuard(OWN, Own(card.prompt), None)
