"""Files of the pipeline in whose place a pointer or a page lies.

A check here and not in the readers reruns no stage.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from proguard.storage.stand_in import check_data

log = logging.getLogger(__name__)

COMMITTED = ("taxonomy", "label_maps", "guard_maps", "annotator_phrases", "published", "tiny_base")
"""Keys of ``paths`` whose files are in git; all others are written by stages or checked entry by entry."""

PAGES = (".html", ".svg")
"""Endings of what a stage draws, which looks like a server's page."""


def check_inputs(paths: Mapping[str, str | Path]) -> None:
    """Raise when a committed file is there, but is a git-lfs pointer, an HTML page or a server's message.

    Args:
        paths: The setting ``paths``.

    Raises:
        ValueError: The message names key, file and what was found.
    """
    for key in COMMITTED:
        path = Path(paths[key])
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            if file.is_file():
                check_data(f"paths.{key}: {file}", file)


@contextmanager
def naming_stand_ins(paths: Mapping[str, str | Path]) -> Iterator[None]:
    """When the block fails, log each file of a stage in whose place a pointer or a page lies: no parser would say so.

    Args:
        paths: The setting ``paths``.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        if not isinstance(error, SystemExit) or error.code:
            for path in sorted({str(paths[key]) for key in paths.keys() - {*COMMITTED}}):
                for file in sorted(Path(path).rglob("*")) if Path(path).is_dir() else [Path(path)]:
                    _log_stand_in(file)
        raise


def _log_stand_in(file: Path) -> None:
    try:
        if file.is_file() and file.suffix not in PAGES:
            check_data(str(file), file)
    except (ValueError, OSError) as error:
        log.error("%s; what a stage writes, `dvc checkout` or `dvc repro` brings back", error)
