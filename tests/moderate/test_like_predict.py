"""The Python API against the stage predict, on the tiny base."""

import shutil

import pytest

from proguard.guard_folder import seal_guard
from proguard.guards.own import DIGITS, Own
from proguard.guards.scores import highest
from proguard.inference.load import load_engine
from proguard.moderate.guard import Guard
from proguard.moderate.item import make_item
from proguard.moderate.policy_file import OwnPolicy
from proguard.predict.run import ask_all, read_all, run_batches
from proguard.storage.journal import open_journal
from tests.worlds import draw_rows, make_guard_card, store_images, taxonomy
from tools.closure import ROOT

ROUNDING = 1.001 * 10**-DIGITS
"""Batches change the last bits of a probability, and so which way it is rounded."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guard")
    shutil.copytree(ROOT / "data" / "tiny_base", folder, dirs_exist_ok=True)
    seal_guard(folder, make_guard_card(), ROOT / "data" / "taxonomy.yaml")
    return folder


@pytest.mark.slow
def test_moderate_gives_the_verdicts_of_predict_at_any_batch_size(tiny, tmp_path):
    rows, images = draw_rows(300, split="test")
    guard = Guard.load(tiny)
    engine = load_engine("transformers", tiny, max_new_tokens=48, runtime={"device": "cpu", "threads": 1})
    with open_journal(tmp_path / "journal") as journal:
        family = Own(guard.card.prompt)
        answers = run_batches(
            ask_all(rows, family, taxonomy()),
            load=lambda: engine,
            images=store_images(images, tmp_path),
            batch_size=64,
            journal=journal,
        )
    readings = read_all(rows, family, answers)
    expected = [_verdict(readings[row.sample.id]) for row in rows]
    scores = [highest(side.score for side in readings[row.sample.id].sides if side.was_asked) for row in rows]
    assert min(len(set(expected)), len(set(scores))) > 10
    for batch_size, n in ((64, 300), (7, 300), (1, 60)):
        sized = Guard(engine, guard.card, taxonomy(), batch_size=batch_size)
        outcomes = sized.judge([(_item(row, images), OwnPolicy(row.policy.shown, taxonomy())) for row in rows[:n]])
        assert [(o.status == "ok", o.request, o.response, o.category) for o in outcomes] == expected[:n]
        assert [o.score for o in outcomes] == pytest.approx(scores[:n], abs=ROUNDING)


def _verdict(reading):
    return reading.is_read, reading.request.label, reading.response.label, reading.category


def _item(row, images):
    content = [images[row.sample.image]] if row.sample.image else []
    return make_item(request=row.sample.request, response=row.sample.response, images=content)
