"""The answers of a model annotator in its journal, so that no question is paid for twice.

A line of the journal holds what the model said and never a key or a prompt.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from proguard.storage.journal import Journal


@dataclass(frozen=True, slots=True)
class ModelAnswer:
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


def read_answers(journal: Journal) -> dict[str, ModelAnswer]:
    """Return the answers in a journal by key; of two with one key the later."""
    answers = (ModelAnswer(**entry) for entry in journal.read())
    return {answer.key: answer for answer in answers}


def append_answers(journal: Journal, answers: Iterable[ModelAnswer]) -> None:
    """Write ``answers`` out, so that a kill after this loses none of them."""
    journal.append(asdict(answer) for answer in answers)
