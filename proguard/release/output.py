"""The output folder of a release: one process at a time writes it, and only an earlier release is replaced."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from proguard.card import CARD_FILE, TAXONOMY_FILE
from proguard.runtime.lock import exclusive

Kind = Literal["model", "dataset"]
"""What is released: a guard, or the data set."""

_OTHER_KIND: dict[Kind, Kind] = {"model": "dataset", "dataset": "model"}
_NAMES: dict[Kind, str] = {"model": "a guard", "dataset": "the data set"}


@contextmanager
def hold_output(output: Path, kind: Kind) -> Iterator[None]:
    """Hold the folder ``output`` until the block ends; it may be absent, empty, or an earlier release of this kind.

    Raises:
        RuntimeError: When another process holds it.
        ValueError: When something else is there, which the release would replace.
    """
    with exclusive(output):
        if output.exists() and not _is_replaceable(output, kind):
            is_other = _is_release(output, _OTHER_KIND[kind])
            found = f"a release of {_NAMES[_OTHER_KIND[kind]]}" if is_other else "something that is no release"
            raise ValueError(
                f"--output {output}: expected a new folder or a release of {_NAMES[kind]}, found {found}; it would be "
                "replaced: choose another place, or remove it"
            )
        yield


def _is_replaceable(output: Path, kind: Kind) -> bool:
    return output.is_dir() and (not any(output.iterdir()) or _is_release(output, kind))


def _is_release(output: Path, kind: Kind) -> bool:
    """Return whether ``output`` has the files that every release of ``kind`` has, and nothing hidden, such as .git."""
    names = {path.name for path in output.iterdir()} if output.is_dir() else set()
    is_guard = CARD_FILE in names
    return (
        {"README.md", TAXONOMY_FILE} <= names
        and is_guard == (kind == "model")
        and not any(name.startswith(".") for name in names)
    )
