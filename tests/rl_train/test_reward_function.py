"""The reward as verl's workers call it."""

import asyncio
import json
from dataclasses import asdict

import pytest

from proguard.reward.config import STRICT
from proguard.reward.score import max_reward, reference_verdict
from proguard.rl_train.reward_function import compute_score
from proguard.rl_train.rows import truth_to_json
from proguard.verdict import render
from tests.outcomes import MINILM
from tests.worlds import draw_rows, taxonomy
from tools.closure import ROOT


def call(rows, completions, failures, taxonomy_file=ROOT / "data" / "taxonomy.yaml"):
    async def every():
        return await asyncio.gather(
            *(
                compute_score(
                    data_source="proguard",
                    solution_str=completion,
                    ground_truth=truth_to_json(row),
                    taxonomy=str(taxonomy_file),
                    similarity=asdict(MINILM),
                    reward=asdict(STRICT),
                    embedder_gpus=None,
                    failures=str(failures),
                )
                for row, completion in zip(rows, completions, strict=True)
            )
        )

    return asyncio.run(every())


def test_reference_answers_earn_the_maximum_when_scored_together(tmp_path):
    rows, _ = draw_rows(30)
    completions = [render(reference_verdict(row.target, taxonomy())) for row in rows]
    rewards = call(rows, completions, tmp_path / "failures")
    assert [r["score"] for r in rewards] == [max_reward(row.target) for row in rows]
    assert not (tmp_path / "failures").exists()


def test_malformed_completion_earns_nothing_and_is_counted(tmp_path):
    rows, _ = draw_rows(3)
    rewards = call(rows, ["?"] * len(rows), tmp_path / "failures")
    assert {(r["score"], r["malformed"]) for r in rewards} == {(0.0, 1.0)}


def test_error_is_written_down_and_raised(tmp_path):
    rows, _ = draw_rows(3)
    with pytest.raises(FileNotFoundError):
        call(rows[:1], ["?"], tmp_path / "failures", taxonomy_file=tmp_path / "absent.yaml")
    entry = json.loads((tmp_path / "failures").read_text())
    assert "absent.yaml" in entry["error"]
