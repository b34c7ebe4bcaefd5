"""guard-eval-harness: a run of its `openai_moderation` adapter on a local CSV file."""

import json
import os
import subprocess
import sys

import pytest

ADDRESS = os.environ["GUARD_ADDRESS"]
ROWS = {"fine": False, "something bad": True, "odd": True, "all fine": False}
"""Texts, and whether the guard has to count as calling them unsafe: `odd` gets no verdict."""


def evaluate(folder, key=os.environ["GUARD_KEY"], **arguments):
    """Run the harness, and return its predictions by text and its metrics."""
    lines = ["id,prompt,unsafe", *(f"{i},{text},{int(unsafe)}" for i, (text, unsafe) in enumerate(ROWS.items()))]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    model = {"url": f"{ADDRESS}/v1/moderations", "concurrency": 2, "drop_failed_predictions": False}
    config = {
        "run_name": "guard",
        "model": {"adapter": "openai_moderation", "args": model | arguments},
        "datasets": [{"name": "rows", "adapter": "local_csv", "path": str(folder / "rows.csv")}],
        "output": {"run_dir": str(folder / "run")},
    }
    (folder / "config.yaml").write_text(json.dumps(config))
    command = [sys.executable, "-m", "guard_eval_harness", "run", "--config", str(folder / "config.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"OPENAI_API_KEY": key})
    assert done.returncode == 0, done.stderr[-2000:]
    lines = (folder / "run" / "datasets" / "rows" / "predictions.jsonl").read_text().splitlines()
    metrics = json.loads((folder / "run" / "datasets" / "rows" / "metrics.json").read_text())
    return [json.loads(line) for line in lines], metrics


@pytest.mark.parametrize("aggregation", ["max_score", "any_category", "flagged"])
def test_harness_counts_what_is_flagged_as_unsafe(tmp_path, aggregation):
    predictions, metrics = evaluate(tmp_path, binary_aggregation=aggregation)
    said = {p["sample_id"]: p["unsafe_label"] for p in predictions}
    assert [said[str(i)] for i in range(len(ROWS))] == list(ROWS.values())
    assert "1.0" in json.dumps(metrics)


def test_harness_reads_the_category(tmp_path):
    predictions, _ = evaluate(tmp_path)
    (bad,) = (p for p in predictions if p["sample_id"] == "1")
    assert "C2S2" in bad["predicted_categories"]


def test_harness_with_a_wrong_key_makes_no_prediction(tmp_path):
    with pytest.raises(AssertionError, match="401"):
        evaluate(tmp_path, key="wrong")
