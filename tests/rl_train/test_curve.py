"""The training curve, from what verl writes."""

import json
import math

import polars as pl
import pytest

from proguard.reward.config import STRICT
from proguard.reward.score import reference_verdict
from proguard.rl_train.curve import (
    count_flat,
    curve_table,
    describe_step,
    read_verl_log,
    summarise_training,
    write_curve,
)
from proguard.rl_train.fit import Kept
from proguard.rl_train.rollouts import read_rollouts
from proguard.rl_train.rows import truth_to_json
from proguard.verdict import render
from tests.separators import SEPARATORS
from tests.worlds import draw_rows, taxonomy


@pytest.fixture
def rollouts(tmp_path):
    """Reference answers to text rows, scored 2, and one malformed answer to an image row, scored 0."""
    rows, _ = draw_rows(9)
    lines = []
    for row in rows:
        if row.sample.modality == "text":
            lines.append((row, render(reference_verdict(row.target, taxonomy())), 2.0))
    lines.append((next(r for r in rows if r.sample.modality == "image"), "?", 0.0))
    content = [
        {"output": o, "gts": truth_to_json(r), "score": s, "uid": f"{i // 2}_{i % 2}_0"}
        for i, (r, o, s) in enumerate(lines)
    ]
    path = tmp_path / "1.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in content))
    return path


def read_step(path):
    return describe_step(read_rollouts(path, taxonomy(), STRICT), taxonomy())


def test_describe_step_means_by_modality(rollouts):
    step = read_step(rollouts)
    # 3 text rows of reward 2 and one image of 0: 6 / 4.
    assert (step["reward"], step["reward_text"], step["reward_image"]) == (1.5, 2.0, 0.0)
    assert step["malformed_rate"] == 0.25
    assert math.isnan(step["reward_text_image"])


def test_describe_step_does_not_depend_on_order(rollouts):
    before = read_step(rollouts)
    rollouts.write_text("".join(reversed(rollouts.read_text().splitlines(keepends=True))))
    assert json.dumps(read_step(rollouts)) == json.dumps(before)


@pytest.mark.parametrize("separator", SEPARATORS, ids=repr)
def test_describe_step_splits_rollouts_at_line_feeds_only(separator, rollouts):
    before = read_step(rollouts)
    # As verl writes it: characters as they are.
    lines = [json.loads(line) for line in rollouts.read_text().splitlines()]
    lines[-1]["output"] = f"?{separator}?"
    rollouts.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    assert json.dumps(read_step(rollouts)) == json.dumps(before)


def test_group_is_flat_when_its_rewards_are_all_equal(rollouts):
    # Rewards 2, 2 and 2, 0: one group of two.
    assert count_flat(read_rollouts(rollouts, taxonomy(), STRICT)) == (2, 1)
    assert read_step(rollouts)["flat_group_rate"] == 0.5


def test_later_start_wins_and_a_cut_line_is_left_out(tmp_path):
    def line(step, kl):
        return json.dumps({"step": step, "data": {"actor/kl_loss": kl}}) + "\n"

    (tmp_path / "a").write_text(line(1, 0.1) + line(2, 0.2) + '{"step": 3, "da')
    (tmp_path / "b").write_text(line(2, 0.25))
    assert read_verl_log([tmp_path / "a", tmp_path / "b"]) == {1: {"kl": 0.1}, 2: {"kl": 0.25}}


def test_curve_is_written_in_order_of_steps(tmp_path):
    curve = curve_table({2: {"reward": 2.0, "reward_image": math.nan}, 1: {"reward": 1.0, "reward_image": 1.0}})
    write_curve(curve, tmp_path)
    assert pl.read_csv(tmp_path / "curve.csv").rows() == [(1, 1.0, 1.0), (2, 2.0, None)]
    assert [path.name for path in tmp_path.iterdir()] == ["curve.csv"]


def test_summarise_training_says_which_rows_were_trained_on():
    summary = summarise_training(curve_table({1: {"reward": 2.0}}), Kept(9, {"prompt_too_long": 2}))
    assert summary["rows"] == {"given": 9, "kept": 7, "dropped": {"prompt_too_long": 2}}
    assert (summary["steps"], summary["reward_last"]) == (1, 2.0)
