"""Stage evaluate, run as DVC runs it, on files that the test writes."""

import json
import shutil
import subprocess
import sys

import polars as pl
import pytest
from omegaconf import OmegaConf

from proguard.collect.image_shards import ImageShards, check_image
from proguard.guard_folder import seal_guard
from proguard.runtime.params import compose_params
from proguard.storage.files import write_json, write_table
from proguard.storage.images import ImageStore
from proguard.variant import SUITES, read_variants
from proguard.variants.run import make_variants
from tests.evaluate.report.discoveries import PROPOSALS, SUMMARY, make_trial
from tests.evaluate.report.summaries import EMPTY, make_training
from tests.evaluate.report.test_figures import TERMS
from tests.outcomes import answer, draw_test_rows, write_predictions
from tests.tables import write_rows
from tests.worlds import make_guard_card, taxonomy
from tools.closure import ROOT

pytestmark = pytest.mark.slow

N_ROWS = dict.fromkeys(SUITES, 12)


def write_inputs(root) -> None:
    rows, images = draw_test_rows(90)
    for split in ("train", "test"):
        write_rows(rows, root / f"data/splits/{split}.parquet")
    shards = ImageShards(root / "data/collected/images")
    for content in images.values():
        shards.add(check_image(content, max_pixels=10**6))
    shards.flush()
    made = make_variants(rows, taxonomy(), ImageStore(root / "data/collected/images"), n_rows=N_ROWS, seed=0)
    write_table(made.table, root / "data/variants/rows.parquet")
    changed = [variant.row for variant in read_variants(root / "data/variants/rows.parquet", taxonomy())]
    (root / "data/predictions").mkdir()
    for guard, skill in (("base", 0.3), ("proguard", 0.9)):
        for name, asked in (("test", rows), ("variants", changed)):
            write_predictions(root / f"data/predictions/{guard}-{name}.parquet", asked, answer(asked, skill=skill))
    (root / "data/training").mkdir()
    (root / "data/training/curve.csv").write_text("step,reward\n1,1.0\n2,2.0\n")
    TERMS.write_csv(root / "data/training/terms.csv")
    write_json(EMPTY, root / "data/summaries/leakage.json")
    write_json({"training": make_training(taxonomy())}, root / "data/summaries/ood_split.json")
    write_json(SUMMARY, root / "data/summaries/discover.json")
    write_json(PROPOSALS, root / "data/discovery/proposals.json")
    write_table(make_trial(), root / "data/discovery/trial.parquet")
    for name in ("taxonomy.yaml", "published_results.csv"):
        shutil.copy(ROOT / "data" / name, root / "data" / name)
    guard = root / "data/guards/proguard"
    guard.mkdir(parents=True)
    card = make_guard_card()
    seal_guard(guard, card, ROOT / "data" / "taxonomy.yaml")


def write_params(root) -> None:
    OmegaConf.save(OmegaConf.create(compose_params(ROOT / "conf")), root / "params.yaml")


def test_evaluate_writes_metrics_plots_and_report(tmp_path, empty_store):
    write_inputs(tmp_path)
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    write_params(tmp_path)
    (tmp_path / "stages").mkdir()
    shutil.copy(ROOT / "stages/evaluate.py", tmp_path / "stages")
    environment = {
        "PYTHONPATH": str(ROOT),
        "PATH": "/usr/bin:/bin",
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path / 'mlflow.db'}",
        "HOME": str(tmp_path),
    }
    command = [sys.executable, "stages/evaluate.py", "evaluate.n_resamples=100"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert set(metrics) == {"base", "proguard", "difference", "suites"}
    assert set(metrics["suites"]) == set(SUITES)
    assert metrics["suites"]["policy_drift"]["proguard"]["reordered"]["right_after"]["n"] > 0
    assert set(metrics["proguard"]["test"]) == {"all", "text", "image", "text_image"}
    headline = json.loads((tmp_path / "data/summaries/evaluate.json").read_text())
    assert headline["headline"]["Mean reward"] == metrics["proguard"]["test"]["all"]["reward"]["mean"]["value"]
    gain = metrics["difference"]["test"]["all"]["reward"]["mean"]
    assert set(gain) == {"value", "low", "high", "n"}
    assert gain["low"] > 0
    assert metrics["base"]["test"]["image"]["response_safety"]["f1"]["value"] is None
    report = (tmp_path / "data/report.html").read_text()
    assert "trained guard is better" in report
    assert all(f'<section id="{section}">' in report for section in ("drift", "honesty"))
    markdown = (tmp_path / "data/report.md").read_text()
    titles = ("When the policy is edited", "Which part a verdict rests on", "What its own names suggest")
    assert all(f"\n## {title}\n" in markdown for title in titles)
    assert "| Reordered | " in markdown
    for name in ("confusion", "balance", "guards", "versus"):
        assert len(pl.read_csv(tmp_path / f"data/plots/{name}.csv"))
