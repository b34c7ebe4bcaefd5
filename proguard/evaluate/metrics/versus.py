"""Every other guard against the trained one, on every test set."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial

import polars as pl

from proguard.evaluate.metrics.outcome import Outcome
from proguard.evaluate.metrics.paired import Paired, PairedCalls, compare_calls, decide, pair_calls, say
from proguard.readings.reading import SIDES, Side

_SIDE_NAMES: Mapping[Side, str] = {"request": "requests", "response": "responses"}


@dataclass(frozen=True, slots=True)
class Versus:
    """The trained guard against another one, on one side of one test set."""

    guard: str
    test_set: str
    side: Side
    paired: Paired
    sentence: str


def compare_with_all(
    outcomes: Mapping[str, Mapping[str, Sequence[Outcome]]],
    *,
    trained: str,
    n_resamples: int,
    confidence: float,
    seed: int,
) -> list[Versus]:
    """Return the trained guard against each other one, on the sides that both were asked about.

    Sets without an unsafe side are left out: they have no F1.
    p values are corrected over the test sets of one guard and side.

    Args:
        outcomes: By test set and guard, over the same rows in the same order.
        trained: The guard that the others are compared with.
        n_resamples: How often the bootstrap draws, at least 1.
        confidence: Share of resamples inside an interval, in (0, 1).
        seed: Seed of the draws.
    """
    compare = partial(compare_calls, metric="f1", n_resamples=n_resamples, confidence=confidence, seed=seed)
    guards = sorted({guard for by_guard in outcomes.values() for guard in by_guard} - {trained})
    compared = []
    for guard, side in itertools.product(guards, SIDES):
        calls = {name: _calls(by_guard, guard, trained, side) for name, by_guard in outcomes.items()}
        paired = {name: compare(c) for name, c in calls.items() if c is not None and c.gold.any()}
        decided = decide(paired, confidence=confidence)
        words = partial(say, first=guard, second=trained, confidence=confidence, n_sets=len(decided))
        compared += [
            Versus(guard, test_set, side, pair, words(pair, where=f"{_SIDE_NAMES[side]} of {test_set}"))
            for test_set, pair in decided.items()
        ]
    return compared


def _calls(by_guard: Mapping[str, Sequence[Outcome]], guard: str, trained: str, side: Side) -> PairedCalls | None:
    if guard not in by_guard or trained not in by_guard:
        return None
    rows = [outcome.row for outcome in by_guard[trained]]
    first, second = ({o.row.sample.id: o.reading for o in by_guard[name]} for name in (guard, trained))
    return pair_calls(rows, first, second, side)


def versus_csv(compared: Sequence[Versus]) -> pl.DataFrame:
    """Return the comparisons as a table."""
    kinds: dict[str, pl.DataType] = {name: pl.String() for name in ("guard", "test_set", "side")}
    numbers = [f.name for f in fields(Paired) if f.name != "answer"]
    kinds |= {name: pl.Int64() if name in ("n", "only_first", "only_second") else pl.Float64() for name in numbers}
    kinds |= {"answer": pl.String(), "sentence": pl.String()}
    records = [asdict(v) | asdict(v.paired) for v in compared]
    return pl.DataFrame([{name: record[name] for name in kinds} for record in records], schema=kinds, orient="row")
