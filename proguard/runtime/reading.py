"""Files of a pipeline that a command reads: whatever is wrong with one is a line that names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from proguard.errors import MAX_CHARS

CHECK_OUT = "`dvc repro`, or `dvc checkout`, makes it"
"""Remedy for what a stage writes."""


@contextmanager
def reading(path: Path, remedy: str) -> Iterator[None]:
    """Turn what the block raises into an error that names ``path``.

    Args:
        path: File that the block reads, and nothing else.
        remedy: What to do, for the end of the message.

    Raises:
        FileNotFoundError: When the file is missing.
        ValueError: When the block raised anything else, which means that the file is damaged.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path}: missing; {remedy}") from error
    except Exception as error:  # Parsers and what reads their results raise whatever they like.
        said = " ".join(str(error).split()).removeprefix(f"{path}: ")[:MAX_CHARS]
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise ValueError(f"{path}: damaged: {kind}{said}; {remedy}") from error
