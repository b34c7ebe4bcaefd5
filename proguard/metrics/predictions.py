"""From prediction files to estimates, for every guard and test set that ``predict.runs`` names."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import polars as pl

from proguard.metrics.estimate import ByModality, measure
from proguard.metrics.outcome import Outcome, judge
from proguard.reward import RewardRule
from proguard.row import read_rows
from proguard.similarity import NameBank


def split_run(run: str) -> tuple[str, str]:
    """Return guard and test set of a run's name, ``<guard>-<set>``; the set may hold hyphens, the guard none.

    Raises:
        ValueError: When the name has not both.
    """
    guard, _, test_set = run.partition("-")
    if not guard or not test_set:
        raise ValueError(f"predict.runs: expected <guard>-<set>, found {run!r}")
    return guard, test_set


def check_runs(runs: Collection[str], *, baseline: str, trained: str, test_set: str) -> None:
    """Raise ``ValueError`` when ``predict.runs`` lacks what the comparison needs; the message names it."""
    needed = [f"{guard}-{test_set}" for guard in (baseline, trained)]
    if missing := [run for run in needed if run not in runs]:
        raise ValueError(f"predict.runs has no {', '.join(missing)}; it has {', '.join(sorted(runs))}")


def judge_runs(
    runs: Mapping[str, Mapping[str, str]], *, folder: Path, bank: NameBank, rule: RewardRule
) -> dict[str, dict[str, list[Outcome]]]:
    """Return the outcomes by test set and guard.

    Args:
        runs: As in ``predict.runs``: the file of ``rows`` by name of the run.
        folder: Where the predictions lie, ``<run>.parquet`` with columns ``id`` and ``completion``.
        bank: Names of the categories, embedded.
        rule: Reward rule that the guard was trained with.

    Raises:
        ValueError: When predictions and rows do not fit; the message names the run.
    """
    outcomes: dict[str, dict[str, list[Outcome]]] = {}
    for run in sorted(runs):
        guard, test_set = split_run(run)
        table = pl.read_parquet(folder / f"{run}.parquet", columns=["id", "completion"])
        try:
            judged = judge(read_rows(runs[run]["rows"]), dict(table.iter_rows()), bank, rule)
        except ValueError as error:
            raise ValueError(f"{run}: {error}") from error
        outcomes.setdefault(test_set, {})[guard] = judged
    return outcomes


def measure_sets(
    outcomes: Mapping[str, Mapping[str, Sequence[Outcome]]],
    *,
    baseline: str,
    trained: str,
    n_resamples: int,
    confidence: float,
    seed: int,
) -> dict[str, dict[str, ByModality]]:
    """Return the estimates by guard, or ``difference``, and test set; arguments as in `measure`."""
    estimates: dict[str, dict[str, ByModality]] = {}
    for test_set, by_guard in outcomes.items():
        measured = measure(
            by_guard,
            baseline=baseline,
            trained=trained,
            n_resamples=n_resamples,
            confidence=confidence,
            seed=seed,
        )
        for guard, values in measured.items():
            estimates.setdefault(guard, {})[test_set] = values
    return estimates
