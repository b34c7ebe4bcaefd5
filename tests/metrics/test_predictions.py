"""From files to estimates."""

import polars as pl
import pytest

from proguard.metrics.predictions import check_runs, judge_runs, measure_sets, split_run
from proguard.similarity import NameBank
from tests.outcomes import MINILM, answer, draw_test_rows
from tests.tables import write_rows
from tests.worlds import taxonomy


def test_split_run_takes_the_first_hyphen():
    assert split_run("base-openai-moderation") == ("base", "openai-moderation")


def test_split_run_without_a_set_raises():
    with pytest.raises(ValueError, match="expected <guard>-<set>, found 'base'"):
        split_run("base")


def test_check_runs_names_what_is_missing():
    with pytest.raises(ValueError, match="no base-test; it has proguard-test"):
        check_runs(["proguard-test"], baseline="base", trained="proguard", test_set="test")


def test_files_become_estimates_by_guard_and_set(tmp_path):
    rows, _ = draw_test_rows(30)
    write_rows(rows, tmp_path / "rows.parquet")
    runs = {run: {"rows": str(tmp_path / "rows.parquet")} for run in ("base-test", "proguard-test", "proguard-x")}
    for i, run in enumerate(runs):
        completions = answer(rows, skill=0.5, seed=i)
        table = pl.DataFrame({"id": list(completions), "completion": list(completions.values())})
        table.write_parquet(tmp_path / f"{run}.parquet")
    outcomes = judge_runs(runs, folder=tmp_path, bank=NameBank(taxonomy(), MINILM), rule="strict")
    options = {"baseline": "base", "trained": "proguard", "n_resamples": 50, "confidence": 0.95, "seed": 0}
    estimates = measure_sets(outcomes, **options)
    assert {guard: sorted(sets) for guard, sets in estimates.items()} == {
        "base": ["test"],
        "proguard": ["test", "x"],
        "difference": ["test"],
    }


def test_judge_runs_names_the_run_that_does_not_fit(tmp_path):
    rows, _ = draw_test_rows(6)
    write_rows(rows, tmp_path / "rows.parquet")
    pl.DataFrame({"id": ["a"], "completion": ["b"]}).write_parquet(tmp_path / "base-test.parquet")
    runs = {"base-test": {"rows": str(tmp_path / "rows.parquet")}}
    with pytest.raises(ValueError, match="base-test: predictions: none for"):
        judge_runs(runs, folder=tmp_path, bank=NameBank(taxonomy(), MINILM), rule="strict")
