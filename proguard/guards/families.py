"""From a guard's folder to its family."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from proguard.guard_folder import open_guard
from proguard.guards.chat import Chat
from proguard.guards.family import Family
from proguard.guards.json_answer import JsonAnswer
from proguard.guards.keyed import Keyed
from proguard.guards.llama_guard import LlamaGuard
from proguard.guards.moderation import Moderation
from proguard.guards.own import Own
from proguard.guards.reasoner import Reasoner
from proguard.guards.spec import FamilyName, GuardSpec, read_spec
from proguard.guards.yes_no import YesNo

OWN = "own"
"""Name of the family of the guards that the pipeline makes."""

_CLASSES: Mapping[FamilyName, type[Family]] = {
    "reasoner": Reasoner,
    "chat": Chat,
    "llama_guard": LlamaGuard,
    "keyed": Keyed,
    "yes_no": YesNo,
    "json_answer": JsonAnswer,
    "moderation": Moderation,
}


def make_family(spec: GuardSpec, where: str) -> Family:
    """Return the family of a guard that is not ours, with its options.

    A guard whose answers are recorded needs no texts: nothing is asked.

    Raises:
        ValueError: When the family does not know an option or a value, or needs another option or a text; the message
            begins with ``where``.
    """
    given: dict[str, Any] = {"scope": spec.scope, "meanings": spec.meanings, **spec.options}
    kind = _CLASSES[spec.family]
    try:
        family = TypeAdapter(kind).validate_python({**given, "texts": spec.texts})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}.options.{key}: {first['msg']}, found {first['input']!r:.80}") from None
    missing = [text for text in family.needed_texts if text not in spec.texts]
    if missing and spec.recorded is None:
        raise ValueError(f"{where}.texts: family {spec.family} needs {', '.join(missing)}")
    return make_family(replace(spec, texts={**dict.fromkeys(missing, ""), **spec.texts}), where) if missing else family


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
        FileNotFoundError: When the folder has no guard.json, or lacks a file of our own guard.
        ValueError: When a file is damaged, or the prompts of our own guard are worded otherwise now.
    """
    spec = read_spec(folder)
    if spec is not None:
        return OpenedGuard(spec.family, make_family(spec, str(folder)), spec)
    card, _ = open_guard(folder)
    return OpenedGuard(OWN, Own(card.prompt), None)
