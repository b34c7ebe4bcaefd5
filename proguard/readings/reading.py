"""A reading: what a guard said about one row, whatever the guard. Metrics take readings only."""

from dataclasses import dataclass
from typing import Literal, get_args

from proguard.sample import Label

Side = Literal["request", "response"]
SIDES: tuple[Side, ...] = get_args(Side)

SideStatus = Literal["ok", "unread", "refused", "cut", "not_asked"]
"""``ok``: there is a label. ``unread``: the answer says nothing that the reader knows. ``refused``: the guard or its
server declined to answer. ``cut``: the answer reached the most tokens before the label. ``not_asked``: the guard does
not judge this side, or the row has none."""


@dataclass(frozen=True, slots=True)
class SideReading:
    """What a guard said about the request or the response.

    Raises:
        ValueError: When there is a label without the status ``ok``, or none with it.
    """

    status: SideStatus
    label: Label | None = None
    """``None`` unless the status is ``ok``."""

    score: float | None = None
    """Probability that the side is unsafe, in [0, 1]; ``None`` when the guard gives none."""

    def __post_init__(self) -> None:
        """Check that label and status agree."""
        if (self.status == "ok") != (self.label is not None):
            raise ValueError(f"side: status {self.status} with label {self.label}")

    @property
    def was_asked(self) -> bool:
        """Whether the guard was asked about this side."""
        return self.status != "not_asked"

    def label_or(self, unread: Label) -> Label | None:
        """Return the label, and ``unread`` where an answer has none: ``unsafe`` fails closed, ``safe`` fails open.

        ``None`` when the guard was not asked.
        """
        return self.label if self.status in ("ok", "not_asked") else unread


NOT_ASKED = SideReading("not_asked")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a guard said about one row."""

    request: SideReading
    response: SideReading

    category: str | None = None
    """The category in the guard's own words: an id of the policy, a code of its list, or a name; ``None`` without."""

    code: str | None = None
    """Code of our taxonomy that the category means; ``None`` when there is none, or it is a free name."""

    codes: tuple[str, ...] | None = None
    """All codes that the category may mean; ``None`` when this guard never gives categories."""

    name: str | None = None
    """The guard's own name for a risk that the policy does not list; ``None`` without."""

    reads_policy: bool = False
    """Whether the guard was shown the row's policy. One that was not can neither notice nor name an unlisted risk."""

    detail: str = "ok"
    """What was odd about the answer, in the words of the family's reader, such as ``no_match`` or ``unknown_code``."""

    @property
    def sides(self) -> tuple[SideReading, SideReading]:
        """Request and response."""
        return self.request, self.response

    @property
    def was_asked(self) -> bool:
        """Whether the guard was asked about this row at all."""
        return any(side.was_asked for side in self.sides)

    @property
    def is_read(self) -> bool:
        """Whether every side that the guard was asked about has a label."""
        return self.was_asked and all(side.status in ("ok", "not_asked") for side in self.sides)

    @property
    def is_unsafe(self) -> bool:
        """Whether the guard called a side unsafe."""
        return any(side.label == "unsafe" for side in self.sides)


UNASKED = Reading(NOT_ASKED, NOT_ASKED)
"""The reading of a row that a guard cannot take."""
