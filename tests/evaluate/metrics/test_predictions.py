"""From files to estimates."""

import pytest

from proguard.evaluate.metrics.predictions import check_guards, judge_all, measure_sets
from proguard.naming import NameBank
from proguard.reward.config import STRICT
from tests.outcomes import MINILM, answer, draw_test_rows, write_predictions
from tests.tables import write_rows
from tests.worlds import taxonomy


def test_check_guards_names_what_is_missing():
    options = {"needed": ["base", "proguard"], "test_set": "test"}
    with pytest.raises(ValueError, match=r"predict\.guards has no base; it has proguard"):
        check_guards(["proguard"], ["test"], **options)
    with pytest.raises(ValueError, match=r"predict\.test_sets has no test; it has x"):
        check_guards(["base", "proguard"], ["x"], **options)


def write_sets(folder, rows, *, guards, test_sets):
    for test_set in test_sets:
        write_rows(rows, folder / f"{test_set}.parquet")
        for i, guard in enumerate(guards):
            write_predictions(folder / f"{guard}-{test_set}.parquet", rows, answer(rows, skill=0.5, seed=i))


def judge_folder(folder, guards, test_sets):
    bank = NameBank(taxonomy(), MINILM)
    return judge_all(guards, test_sets, predictions=folder, splits=folder, bank=bank, reward=STRICT)


def test_files_become_estimates_by_guard_and_set(tmp_path):
    rows, _ = draw_test_rows(30)
    guards, test_sets = ["base", "proguard"], ["test", "x-y"]
    write_sets(tmp_path, rows, guards=guards, test_sets=test_sets)
    outcomes = judge_folder(tmp_path, guards, test_sets)
    options = {"baseline": "base", "trained": "proguard", "n_resamples": 50, "confidence": 0.95, "seed": 0}
    estimates = measure_sets(outcomes, **options)
    assert {guard: sorted(sets) for guard, sets in estimates.items()} == dict.fromkeys(
        [*guards, "difference"], test_sets
    )


def test_judge_all_names_guard_and_set_that_do_not_fit(tmp_path):
    rows, _ = draw_test_rows(6)
    write_rows(rows, tmp_path / "test.parquet")
    write_predictions(tmp_path / "base-test.parquet", [], {})
    with pytest.raises(ValueError, match="base-test: predictions: none for"):
        judge_folder(tmp_path, ["base"], ["test"])
