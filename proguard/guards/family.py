"""A family of guards: those that are asked and read in one way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from proguard.inference.engine import Completion, Query
from proguard.readings.reading import Reading
from proguard.row import Row
from proguard.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Ask:
    """One prompt about a row; a guard that judges one side, or one rule, at a time needs several."""

    key: str
    """Tells the asks of a row apart: ``both``, ``request``, ``response``, or ``request:<rule>``."""

    query: Query
    """The prompt, its image left out."""

    shows_image: bool = False
    """Whether the row's image belongs to the prompt."""


class Family(Protocol):
    """How a family of guards is asked, and how its answers are read.

    The judged content goes into a prompt as data that cannot close its frame, and a reader reads answers only: so no
    content decides its own label.
    """

    @property
    def needed_texts(self) -> tuple[str, ...]:
        """Names of the texts of its prompts that its guard.json has to hold."""
        ...

    def asks(self, row: Row, taxonomy: Taxonomy) -> list[Ask]:
        """Return what the guard is asked about ``row``; nothing when it cannot take the row."""
        ...

    def read(self, row: Row, answers: Mapping[str, Completion]) -> Reading:
        """Return what the answers say; never raises, whatever they hold.

        Args:
            row: A row that the guard was asked about.
            answers: By `Ask.key`, one for each ask.
        """
        ...
