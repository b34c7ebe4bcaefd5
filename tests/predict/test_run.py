"""Prediction runs: planned, journalled, taken up again."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from proguard.guards.own import Own
from proguard.inference.engine import Completion
from proguard.predict.run import ask_all, make_queries, plan_batches, read_all, run_batches, seconds_per_ask
from proguard.prompt import PromptFormat
from proguard.readings.reading import UNASKED
from proguard.storage.fingerprint import fingerprint
from proguard.storage.journal import open_journal
from tests.separators import SEPARATORS
from tests.worlds import draw_rows, store_images, taxonomy


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
    asked = ask_all(rows, Own(PromptFormat("compact")), taxonomy())
    return asked, {"images": store_images(images, tmp_path / "images"), "batch_size": 8}


def predict(asked, engine, path, **settings):
    with open_journal(path) as journal:
        return run_batches(asked, load=lambda: engine, journal=journal, **settings)


def test_killed_run_goes_on_in_the_same_batches(world, tmp_path):
    asked, settings = world
    whole, first, second = EchoEngine(), EchoEngine(limit=3), EchoEngine()
    expected = predict(asked, whole, tmp_path / "a.jsonl", **settings)
    with pytest.raises(KeyboardInterrupt):
        predict(asked, first, tmp_path / "b.jsonl", **settings)
    with (tmp_path / "b.jsonl").open("a") as file:
        file.write('{"seconds": 0.1, "comple')
    assert predict(asked, second, tmp_path / "b.jsonl", **settings) == expected
    assert first.batches + second.batches == whole.batches


def test_finished_run_loads_no_engine(world, tmp_path):
    asked, settings = world
    done = predict(asked, EchoEngine(), tmp_path / "a.jsonl", **settings)
    with open_journal(tmp_path / "a.jsonl") as journal:
        assert run_batches(asked, load=lambda: pytest.fail("loaded"), journal=journal, **settings) == done
        assert seconds_per_ask(journal) > 0


def test_completions_come_back_whole_from_the_journal(world, tmp_path):
    asked, settings = world
    completion = Completion("".join(SEPARATORS), "length", ({"no": 0.25}, None), (3, 4))
    engine = SimpleNamespace(complete=lambda queries: [completion] * len(queries))
    done = predict(asked, engine, tmp_path / "a.jsonl", **settings)
    again = predict(asked, None, tmp_path / "a.jsonl", **settings)
    assert again == done
    assert all(answers == {"both": completion} for answers in again.values())


def test_plan_batches_does_not_depend_on_order(world):
    asked, _ = world
    assert plan_batches(asked, 8) == plan_batches(asked[::-1], 8)


def test_plan_batches_keeps_images_apart(world):
    asked, _ = world
    for batch in plan_batches(asked, 8):
        assert len({a.row.sample.image is None for a in batch}) == 1


def test_every_row_with_an_image_shows_it(world):
    asked, settings = world
    queries = make_queries(asked, settings["images"])
    assert [q.image is not None for q in queries] == [a.row.sample.image is not None for a in asked]


def test_row_that_no_ask_is_about_is_not_asked():
    rows, _ = draw_rows(3)
    assert set(read_all(rows, Own(PromptFormat("full")), {}).values()) == {UNASKED}


def test_fingerprint_changes_with_content_and_settings(tmp_path):
    file = Path(tmp_path / "a")
    file.write_text("1")
    before = fingerprint(tmp_path, batch_size=8)
    assert fingerprint(tmp_path, batch_size=9) != before
    file.write_text("2")
    assert fingerprint(tmp_path, batch_size=8) != before
