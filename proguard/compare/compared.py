"""What is compared: predictions of this folder, or of two MLflow runs, brought to one form."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proguard.compare.runs import RunFiles, check_same, find_run
from proguard.evaluate.metrics.paired import Paired, PairedMetric, compare_calls, decide, pair_calls, say
from proguard.readings.reading import Reading, Side
from proguard.readings.table import read_predictions
from proguard.row import read_rows
from proguard.runtime.params import read_params
from proguard.runtime.reading import CHECK_OUT, reading
from proguard.storage.stand_in import check_data
from proguard.taxonomy import load_taxonomy

_NEEDS = (
    *(f"paths.{name}" for name in ("predictions", "splits", "taxonomy")),
    *(f"predict.{name}" for name in ("guards", "test_sets")),
    *(f"evaluate.{name}" for name in ("n_resamples", "seed", "confidence")),
    "runtime.tracking_uri",
)
"""Settings that are read."""

_RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two guards and where their files are."""

    first: str
    second: str
    """Names in sentences."""

    sets: Mapping[str, tuple[Path, Path, Path]]
    """By test set: rows, and the predictions of both."""

    settings: Mapping[str, Any]
    """``evaluate`` of the parameters: confidence, resamples, seed."""

    taxonomy: Path


def open_pair(first: str, second: str, *, guard: str) -> Pair:
    """Return what two names mean: guards of this folder, or MLflow runs.

    Args:
        first: Guard, or id of a pipeline run.
        second: Likewise.
        guard: Guard of the runs.

    Raises:
        ValueError: When one is a run and the other is not, there is no such guard or run, or runs cannot be compared.
        FileNotFoundError: When this folder has no parameters, or a file of a run is not in the DVC cache.
    """
    params = read_params(needs=_NEEDS)
    are_runs = [_RUN_ID.fullmatch(name) is not None for name in (first, second)]
    if all(are_runs):
        return _pair_runs(find_run(first, params), find_run(second, params), guard, params)
    if any(are_runs):
        raise ValueError(f"expected two guards or two runs, found {first} and {second}")
    return _pair_guards(first, second, params)


def _pair_guards(first: str, second: str, params: Mapping[str, Any]) -> Pair:
    asked = list(params["predict"]["guards"])
    if unknown := [name for name in (first, second) if name not in asked]:
        raise ValueError(f"no guard {unknown[0]!r}; predict.guards has {', '.join(asked)}")
    predictions, splits = Path(params["paths"]["predictions"]), Path(params["paths"]["splits"])
    sets = {
        name: (
            splits / f"{name}.parquet",
            predictions / f"{first}-{name}.parquet",
            predictions / f"{second}-{name}.parquet",
        )
        for name in params["predict"]["test_sets"]
    }
    return Pair(first, second, sets, params["evaluate"], Path(params["paths"]["taxonomy"]))


def _pair_runs(first: RunFiles, second: RunFiles, guard: str, params: Mapping[str, Any]) -> Pair:
    shared = [name for name in first.sets_of(guard) if name in second.sets_of(guard)]
    if not shared:
        raise ValueError(f"runs {first.name} and {second.name} share no test set that {guard} was asked about")
    check_same(first, second, guard, shared)
    sets = {}
    for name in shared:
        before, after = (run.predictions(guard, name) for run in (first, second))
        sets[name] = (first.rows(guard, name), before, after)
    one, other = (f"{guard} of {run.name}" for run in (first, second))
    return Pair(one, other, sets, params["evaluate"], first.taxonomy(guard))


def compare_sets(pair: Pair, *, sets: Sequence[str] | None, side: Side, metric: PairedMetric) -> Iterator[str]:
    """Yield a sentence for each test set, p values corrected over all of them.

    Raises:
        ValueError: When there is no such test set.
        ValueError, FileNotFoundError: When a file is damaged or missing.
    """
    if unknown := [name for name in sets or () if name not in pair.sets]:
        raise ValueError(f"no test set {unknown[0]!r}; there are {', '.join(pair.sets)}")
    check_data(str(pair.taxonomy), pair.taxonomy)
    taxonomy, options = load_taxonomy(pair.taxonomy), pair.settings
    compared: dict[str, Paired] = {}
    for name in sets or pair.sets:
        file, *predictions = pair.sets[name]
        with reading(file, CHECK_OUT):
            rows = read_rows(file, taxonomy)
        first, second = map(_read_readings, predictions)
        calls = pair_calls(rows, first, second, side)
        if len(calls.gold):
            draws = {"n_resamples": options["n_resamples"], "seed": options["seed"]}
            compared[name] = compare_calls(calls, metric=metric, confidence=options["confidence"], **draws)
        else:
            yield f"On {side}s of {name} there is no row that both {pair.first} and {pair.second} were asked about."
    for name, paired in decide(compared, confidence=options["confidence"]).items():
        yield say(
            paired,
            first=pair.first,
            second=pair.second,
            where=f"{side}s of {name}",
            confidence=options["confidence"],
            n_sets=len(compared),
        )


def _read_readings(path: Path) -> dict[str, Reading]:
    with reading(path, CHECK_OUT):
        return {id_: prediction.reading for id_, prediction in read_predictions(path).items()}
