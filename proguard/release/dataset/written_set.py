"""One written set of a data set, as the data card counts it."""

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT = "default"
"""Configuration of the sets that training is made with; every other set is one of its own, with split ``test``."""


@dataclass(frozen=True, slots=True)
class WrittenSet:
    """One set of the data set."""

    name: str
    config: str
    split: str
    rows: int
    withheld: int
    """Of the rows, those that are ids."""

    by_modality_and_role: Mapping[tuple[str, str], int]
    by_source: Mapping[str, int]

    files: tuple[str, ...] = ()
    """Its shards, relative to the data set's folder; none when all rows are ids."""

    @property
    def stem(self) -> str:
        """Path of its files without their numbers."""
        return f"{'data' if self.config == DEFAULT else self.config}/{self.split}"

    def count(self, *, modality: str | None = None, role: str | None = None) -> int:
        """Return the rows of a modality, of a role, or of both."""
        counts = self.by_modality_and_role.items()
        return sum(n for (m, r), n in counts if modality in (None, m) and role in (None, r))
