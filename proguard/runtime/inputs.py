"""The committed files that the pipeline starts from, checked before a pointer or a page is read in place of one.

A check here and not in the readers reruns no stage.
"""

from collections.abc import Mapping
from pathlib import Path

from proguard.fetch.verify import check_data

COMMITTED = ("taxonomy", "label_maps", "guard_maps", "annotator_phrases", "published", "tiny_base")
"""Keys of ``paths`` whose files are in git; all others are written by stages or checked entry by entry."""


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
