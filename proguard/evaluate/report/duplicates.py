"""Duplicates within and between sets, as the report lists them. Only ids are printed, never what the rows hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KIND_TITLES = {
    "exact_text": "same text",
    "near_text": "nearly the same text",
    "exact_image": "same image",
    "near_image": "image that looks alike",
}

NOTHING_FOUND = "No row has a duplicate in another set."


@dataclass(frozen=True, slots=True)
class PairLine:
    """Duplicates of one kind in two sets, or in one; of a tested set and one for training the tested is the second."""

    first: str
    second: str
    kind: str
    n_first: int
    """Rows of the first set that have a duplicate in the second."""

    of_first: int
    n_second: int
    of_second: int
    examples: tuple[tuple[str, str], ...]
    """Ids of a row of the first and of one of the second."""


@dataclass(frozen=True, slots=True)
class DroppedLine:
    """Rows of a set that are left out of training because they touch a benchmark."""

    name: str
    benchmark: str
    n: int
    of: int


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Everything that the section on leakage says."""

    sentence: str
    dropped: tuple[DroppedLine, ...]
    tested: tuple[PairLine, ...]
    """Pairs of which at least one set is tested."""

    trained: tuple[PairLine, ...]
    """Pairs of sets for training."""

    inside: tuple[PairLine, ...]
    """Sets with themselves."""

    n_components: int
    largest: int


def describe_duplicates(summary: Mapping[str, Any]) -> Duplicates:
    """Return what the report says about leakage.

    Args:
        summary: What `proguard.leakage.report.report_leakage` returns.
    """
    tested = set(summary["tested"])
    lines = [_line(pair, summary["rows"], tested) for pair in sorted(summary["pairs"], key=_order)]
    between = [line for line in lines if line.first != line.second]
    return Duplicates(
        sentence=_sentence(summary["dropped_rows"], has_pairs=bool(between)),
        dropped=tuple(
            DroppedLine(name, benchmark, n, summary["rows"][name])
            for name, counts in sorted(summary["dropped"].items())
            for benchmark, n in sorted(counts.items())
        ),
        tested=tuple(line for line in between if {line.first, line.second} & tested),
        trained=tuple(line for line in between if not {line.first, line.second} & tested),
        inside=tuple(line for line in lines if line.first == line.second),
        n_components=summary["components"],
        largest=summary["largest_component"],
    )


def _order(pair: Mapping[str, Any]) -> tuple[Any, ...]:
    return pair["sets"], list(KIND_TITLES).index(pair["kind"])


def _line(pair: Mapping[str, Any], rows: Mapping[str, int], tested: set[str]) -> PairLine:
    names, counts = pair["sets"], dict(zip(pair["sets"], pair["rows"], strict=True))
    first, second = sorted(names, key=lambda name: (name in tested, name))
    turn = 1 if [first, second] == names else -1
    return PairLine(
        first,
        second,
        KIND_TITLES[pair["kind"]],
        n_first=counts[first],
        of_first=rows[first],
        n_second=counts[second],
        of_second=rows[second],
        examples=tuple(tuple(ids[::turn]) for ids in pair["examples"]),
    )


def _sentence(n_dropped: int, *, has_pairs: bool) -> str:
    if n_dropped:
        why = "A published set holds a duplicate of each, or of a row of its group."
        return f"Rows left out of training: {n_dropped:,}. {why}"
    return "No row for training has a duplicate in a published set." if has_pairs else NOTHING_FOUND
