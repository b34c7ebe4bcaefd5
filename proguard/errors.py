"""Errors as one line, for messages and warnings."""

MAX_CHARS = 300


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, cut to `MAX_CHARS`; the type's name when there is none."""
    lines = str(error).strip().splitlines()
    return lines[0][:MAX_CHARS] if lines else type(error).__name__
