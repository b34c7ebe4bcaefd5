"""The journal of a model annotator: one JSON line per answer, so that no question is paid for twice.

It lies under ``runtime.work`` and outlives the run. A line holds what the model said and never a key or a prompt.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said to one question."""

    key: str
    """Key of the question, see `proguard.taxonomy_map.question_prompt.Asked`."""

    id: str
    """Sample id."""

    text: str | None
    """What the model wrote; ``None`` when its server refused the content."""

    prompt_tokens: int | None = None
    """Tokens that the server counted; ``None`` when it did not."""

    completion_tokens: int | None = None
    """Likewise."""


def read_journal(path: Path) -> dict[str, Answer]:
    """Return the answers in a journal by key, none when it is absent; a last line that was cut short is cut off."""
    if not path.exists():
        return {}
    content = path.read_bytes()
    if not content.endswith(b"\n"):
        content = content[: content.rfind(b"\n") + 1]
        path.write_bytes(content)
    answers = (Answer(**json.loads(line)) for line in content.splitlines())
    return {answer.key: answer for answer in answers}


@contextmanager
def open_journal(path: Path) -> Iterator[TextIO]:
    """Open a journal to append to; its folder is made when absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        yield file


def append_answers(file: TextIO, answers: Iterable[Answer]) -> None:
    """Write ``answers`` out, so that a kill after this loses none of them."""
    file.write("".join(json.dumps(asdict(answer)) + "\n" for answer in answers))
    file.flush()
