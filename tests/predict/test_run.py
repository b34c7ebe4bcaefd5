"""Prediction runs: planned, journalled, taken up again."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from proguard.inference.engine import Completion
from proguard.predict.run import plan_batches, prediction_table, run_prediction, seconds_per_row
from proguard.reward.score import reference_verdict
from proguard.storage.fingerprint import fingerprint
from proguard.storage.journal import open_journal
from proguard.verdict import render
from tests.separators import SEPARATORS
from tests.worlds import draw_rows, make_guard_card, store_images, taxonomy


class EchoEngine:
    """Answers each prompt by its length; stops working after ``limit`` batches."""

    def __init__(self, limit=None):
        self.limit, self.batches = limit, []

    def complete(self, queries):
        if self.limit is not None and len(self.batches) >= self.limit:
            raise KeyboardInterrupt
        self.batches.append(len(queries))
        return [Completion(f"{len(q.messages[1]['content'])} {q.image is not None}") for q in queries]


@pytest.fixture
def world(tmp_path):
    rows, images = draw_rows(60)
    card = make_guard_card()
    settings = {
        "card": card,
        "taxonomy": taxonomy(),
        "images": store_images(images, tmp_path / "images"),
        "batch_size": 8,
    }
    return rows, settings


def predict(rows, engine, path, **settings):
    with open_journal(path) as journal:
        return run_prediction(rows, load=lambda: engine, journal=journal, **settings)


def test_killed_run_goes_on_in_the_same_batches(world, tmp_path):
    rows, settings = world
    whole, first, second = EchoEngine(), EchoEngine(limit=3), EchoEngine()
    expected = predict(rows, whole, tmp_path / "a.jsonl", **settings)
    with pytest.raises(KeyboardInterrupt):
        predict(rows, first, tmp_path / "b.jsonl", **settings)
    with (tmp_path / "b.jsonl").open("a") as file:
        file.write('{"seconds": 0.1, "comple')
    assert predict(rows, second, tmp_path / "b.jsonl", **settings) == expected
    assert first.batches + second.batches == whole.batches


def test_finished_run_loads_no_engine(world, tmp_path):
    rows, settings = world
    done = predict(rows, EchoEngine(), tmp_path / "a.jsonl", **settings)
    with open_journal(tmp_path / "a.jsonl") as journal:
        assert run_prediction(rows, load=lambda: pytest.fail("loaded"), journal=journal, **settings) == done
        assert seconds_per_row(journal) > 0


def test_completions_with_other_line_ends_come_back_from_the_journal(world, tmp_path):
    rows, settings = world
    engine = SimpleNamespace(complete=lambda queries: [Completion("".join(SEPARATORS))] * len(queries))
    with open_journal(tmp_path / "a.jsonl") as journal:
        done = run_prediction(rows, load=lambda: engine, journal=journal, **settings)
        assert run_prediction(rows, load=lambda: pytest.fail("loaded"), journal=journal, **settings) == done


def test_plan_batches_does_not_depend_on_order(world):
    rows, _ = world
    assert plan_batches(rows, 8) == plan_batches(rows[::-1], 8)


def test_plan_batches_keeps_images_apart(world):
    rows, _ = world
    for batch in plan_batches(rows, 8):
        assert len({row.sample.image is None for row in batch}) == 1


def test_prediction_table_reads_verdicts_and_leaves_malformed_empty():
    rows, _ = draw_rows(9)
    completions = {r.sample.id: render(reference_verdict(r.target, taxonomy())) for r in rows}
    completions[rows[0].sample.id] = "gibberish"
    table = prediction_table(rows, completions)
    assert table["id"].is_sorted()
    lines = {line["id"]: line for line in table.iter_rows(named=True)}
    assert lines[rows[0].sample.id]["status"] == "no_match"
    assert lines[rows[0].sample.id]["request"] is None
    assert lines[rows[1].sample.id]["request"] == rows[1].sample.request_label


def test_fingerprint_changes_with_content_and_settings(tmp_path):
    file = Path(tmp_path / "a")
    file.write_text("1")
    before = fingerprint(tmp_path, batch_size=8)
    assert fingerprint(tmp_path, batch_size=9) != before
    file.write_text("2")
    assert fingerprint(tmp_path, batch_size=8) != before
