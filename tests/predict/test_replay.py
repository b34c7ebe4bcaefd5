"""Recorded answers joined to what a guard would be asked."""

import polars as pl
import pytest

from proguard.guards.family import Ask
from proguard.guards.recorded import ANSWER_SCHEMA, ANSWERS_FILE, keys_of
from proguard.inference.engine import Completion, Query
from proguard.predict.replay import replay
from proguard.predict.run import Asked
from tests.guards.rows import make_row

ROWS = [make_row(request=f"question {i}") for i in range(4)]


def asked(*keys, rows=ROWS):
    return [Asked(row, Ask(key, Query("p"))) for row in rows for key in keys]


def write(folder, *answers):
    pl.DataFrame(answers, schema=ANSWER_SCHEMA, orient="row").write_parquet(folder / ANSWERS_FILE)


def test_answers_join_by_id_or_by_text(tmp_path):
    write(tmp_path, (keys_of(ROWS[0].sample)[0], "", "by id"), (keys_of(ROWS[1].sample)[1], "", "by text"))
    found = replay(asked("both"), tmp_path, max_unmatched=0.5)
    assert found.answers == {
        ROWS[0].sample.id: {"both": Completion("by id")},
        ROWS[1].sample.id: {"both": Completion("by text")},
    }
    assert (found.unmatched, found.unused) == (2, 0)


def test_row_counts_only_with_all_of_its_asks(tmp_path):
    key = keys_of(ROWS[0].sample)[0]
    write(tmp_path, (key, "request", "q"), (key, "response", "p"), (keys_of(ROWS[1].sample)[0], "request", "q"))
    found = replay(asked("request", "response"), tmp_path, max_unmatched=1)
    assert found.answers == {ROWS[0].sample.id: {"request": Completion("q"), "response": Completion("p")}}
    assert found.unmatched == 3


def test_too_many_rows_without_an_answer_stop(tmp_path):
    write(tmp_path, (keys_of(ROWS[0].sample)[0], "", "x"), ("id other", "", "y"))
    with pytest.raises(ValueError, match=r"3 of 4 rows have no recorded answer, such as .*max_unmatched \(0.74\)"):
        replay(asked("both"), tmp_path, max_unmatched=0.74)
    assert replay(asked("both"), tmp_path, max_unmatched=0.75).unused == 1


def test_guard_that_is_asked_nothing_needs_no_answer(tmp_path):
    write(tmp_path)
    assert replay([], tmp_path, max_unmatched=0).unmatched == 0
