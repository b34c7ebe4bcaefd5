"""From prediction files to estimates, for every guard and test set."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from proguard.evaluate.metrics.estimate import ByModality, measure
from proguard.evaluate.metrics.outcome import CountTokens, Outcome, judge
from proguard.naming import NameBank
from proguard.readings.table import read_predictions
from proguard.reward.config import RewardConfig
from proguard.row import read_rows


def check_guards(
    guards: Collection[str], test_sets: Collection[str], *, needed: Collection[str], test_set: str
) -> None:
    """Check that predictions exist for what the comparison needs.

    Raises:
        ValueError: When ``predict.guards`` lacks one of ``needed``, or ``predict.test_sets`` lacks ``test_set``.
    """
    if missing := [guard for guard in needed if guard not in guards]:
        raise ValueError(f"predict.guards has no {', '.join(missing)}; it has {', '.join(sorted(guards))}")
    if test_set not in test_sets:
        raise ValueError(f"predict.test_sets has no {test_set}; it has {', '.join(sorted(test_sets))}")


def judge_all(
    guards: Iterable[str],
    test_sets: Iterable[str],
    *,
    predictions: Path,
    splits: Path,
    bank: NameBank,
    reward: RewardConfig,
    count_tokens: CountTokens | None = None,
) -> dict[str, dict[str, list[Outcome]]]:
    """Return the outcomes by test set and guard.

    Args:
        predictions: Folder of ``<guard>-<test_set>.parquet`` as `proguard.readings.table` writes them.
        splits: Folder of ``<test_set>.parquet``.
        bank: Names of the categories, embedded.
        reward: What the guard was trained with.
        count_tokens: Counts the tokens of our guards' answers.

    Raises:
        ValueError: When predictions and rows do not fit; the message names guard and test set.
    """
    guards = sorted(guards)
    outcomes: dict[str, dict[str, list[Outcome]]] = {}
    for test_set in sorted(test_sets):
        rows = read_rows(splits / f"{test_set}.parquet", bank.taxonomy)
        outcomes[test_set] = {}
        for guard in guards:
            try:
                found = read_predictions(predictions / f"{guard}-{test_set}.parquet")
                outcomes[test_set][guard] = judge(rows, found, bank, reward, count_tokens)
            except ValueError as error:
                raise ValueError(f"{guard}-{test_set}: {error}") from error
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
