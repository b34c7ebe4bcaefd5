"""The free names that a guard gave, row by row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proguard.naming import is_free_name
from proguard.readings.reading import Reading
from proguard.row import Row
from proguard.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Given:
    """One row that a guard gave a free name."""

    id: str
    name: str


def names_of_rows(rows: Iterable[Row], readings: Mapping[str, Reading], taxonomy: Taxonomy) -> list[Given]:
    """Return the rows that a guard gave a name of its own, in order; empty and copied names count as none.

    Args:
        rows: Rows of one test set.
        readings: By sample id; one for every row.
        taxonomy: Of the rows' policies.
    """
    return [
        Given(row.sample.id, name)
        for row in rows
        if (name := readings[row.sample.id].name) and is_free_name(name, row.policy, taxonomy)
    ]
