"""Findings: what was measured against its bar, as a table."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One measurement."""

    what: str
    measured: str
    bar: str
    holds: bool


def table(findings: Iterable[Finding]) -> str:
    """Return the findings as a Markdown table.

    >>> print(table([Finding("speed", "3 x", ">= 2 x", True)]))
    | what | measured | bar | holds |
    |---|---|---|---|
    | speed | 3 x | >= 2 x | yes |
    """
    rows = [f"| {f.what} | {f.measured} | {f.bar} | {'yes' if f.holds else '**no**'} |" for f in findings]
    return "\n".join(["| what | measured | bar | holds |", "|---|---|---|---|", *rows])
