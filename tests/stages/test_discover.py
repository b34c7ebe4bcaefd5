"""Stage discover on a small test set: real embeddings, and the tiny base asked again."""

import shutil
from dataclasses import replace

import polars as pl
import pytest

from proguard.discover.trial import TRIAL_SCHEMA
from proguard.guard_folder import seal_guard
from proguard.moderate.policy_file import read_policy
from proguard.policy import OOD
from proguard.reward.score import reference_verdict
from proguard.storage.files import read_json
from proguard.verdict import render
from tests.outcomes import MINILM, answer, draw_test_rows, write_predictions
from tests.stages.guard_world import make_config
from tests.stages.scripts import run_script
from tests.tables import write_rows
from tests.worlds import make_guard_card, store_images, taxonomy
from tools.closure import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def config(tmp_path):
    """Settings of a folder with predictions of a guard that names every unlisted risk."""
    config = make_config(tmp_path, discover={"min_support": 3, "trial_rows": 4, "trial_proposals": 2})
    rows, images = draw_test_rows(240, seed=1)
    write_rows(rows, tmp_path / "data/splits/test.parquet")
    (tmp_path / "data/predictions").mkdir()
    write_predictions(tmp_path / "data/predictions/proguard-test.parquet", rows, name_all(rows))
    store_images(images, tmp_path / "data/collected/images")
    shutil.copytree(ROOT / "data/tiny_base", tmp_path / "data/guards/proguard")
    seal_guard(tmp_path / "data/guards/proguard", make_guard_card(), ROOT / "data/taxonomy.yaml")
    assert config.similarity.model == MINILM.model
    return config


def name_all(rows):
    """Return completions that are right, and name each unlisted risk by the first synonym of its category."""
    completions = answer(rows, skill=1.0)
    for row in rows:
        if row.target.is_unsafe and row.target.gold == OOD:
            verdict = reference_verdict(row.target, taxonomy())
            name = taxonomy()[row.target.category].synonyms[0]
            completions[row.sample.id] = render(replace(verdict, category=name))
    return completions


def test_discover_writes_proposals_policy_trial_and_summary_the_same_each_time(config, tmp_path):
    run_script("discover", config)
    folder = tmp_path / "data/discovery"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    proposals = read_json(folder / "proposals.json")
    names = read_policy(folder / "policy.yaml", taxonomy(), max_categories=64).names
    assert list(names.values()) == [entry["name"] for entry in proposals]
    assert [entry["support"] for entry in proposals] == sorted((e["support"] for e in proposals), reverse=True)
    trial = pl.read_parquet(folder / "trial.parquet")
    assert trial.schema == TRIAL_SCHEMA
    assert 0 < trial.height <= 16
    summary = read_json(tmp_path / "data/summaries/discover.json")
    assert summary["proposals"] == len(proposals) > 2
    assert summary["truth"]["hidden"]["purity"] > 0.9
    assert summary["truth"]["hidden"]["found"] >= 2

    run_script("discover", config)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_guard_that_names_nothing_gives_no_policy_and_loads_no_guard(config, tmp_path):
    rows, _ = draw_test_rows(240, seed=1)
    silent = {row.sample.id: "no" for row in rows}
    write_predictions(tmp_path / "data/predictions/proguard-test.parquet", rows, silent)
    shutil.rmtree(tmp_path / "data/guards/proguard")
    run_script("discover", config)
    assert {path.name for path in (tmp_path / "data/discovery").iterdir()} == {"proposals.json", "trial.parquet"}
    summary = read_json(tmp_path / "data/summaries/discover.json")
    assert (summary["named"], summary["proposals"], summary["trial"]) == (0, 0, {})
    assert summary["truth"]["hidden"]["purity"] is None
