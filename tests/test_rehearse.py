"""The whole graph of the large profiles, on made-up files in the schemas of their sources, with the tiny guard."""

import polars as pl
import pytest

from proguard.runtime.params import compose_params
from proguard.storage.files import read_json
from tools.closure import ROOT
from tools.rehearse import PROFILES, list_runs, rehearse


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_rehearse_runs_every_stage_on_every_test_set_into_the_report(profile, tmp_path):
    stages = [stage for stage, _ in rehearse(profile, tmp_path)]
    assert {"collect", "ood_split", "rl_train", "predict@base-xstest_safe", "evaluate"} <= set(stages)
    project = tmp_path / "project"
    metrics = read_json(project / "metrics.json")
    test_sets = compose_params(ROOT / "conf", [f"profile={profile}"])["predict"]["test_sets"]
    assert set(metrics["proguard"]) == set(test_sets)
    assert len(pl.read_csv(project / "data" / "training" / "curve.csv")) == 2
    assert "harmbench" in (project / "data" / "report.html").read_text().lower()


def test_list_runs_gives_a_run_per_guard_and_test_set():
    params = {"predict": {"guards": ["base", "proguard"], "test_sets": ["test", "xstest"]}, "guards": {}}
    runs = {name: overrides for name, _, overrides in list_runs(params) if name.startswith("predict@")}
    assert sorted(runs) == [
        f"predict@{guard}-{test_set}" for guard in ("base", "proguard") for test_set in ("test", "xstest")
    ]
    assert runs["predict@base-xstest"] == ("predict.guard=base", "predict.test_set=xstest")
