"""A stage that a person runs with overrides: the override reaches the files, or is refused."""

import os
import shutil
import subprocess
import sys

import pytest
import yaml
from omegaconf import OmegaConf

from proguard.row import read_rows
from proguard.runtime.params import compose_params
from tests.stages.scripts import make_config, run_data_stages
from tests.worlds import taxonomy
from tools.closure import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path):
    """A project after ood_split, small, with the params.yaml that conf/ gives."""
    config = OmegaConf.to_container(make_config(tmp_path))
    run_data_stages(OmegaConf.create(config))
    params = compose_params(ROOT / "conf") | {"paths": config["paths"]}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    for folder in ("proguard", "conf"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    # Hydra looks for params.yaml next to where a link leads.
    shutil.copytree(ROOT / "stages", tmp_path / "stages")
    return tmp_path


def run(project, stage, *overrides):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DVC_ROOT": str(project)}
    command = [sys.executable, f"stages/{stage}.py", *overrides]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=300)


def has_shuffled_ids(file):
    return any(id_ != code for row in read_rows(file, taxonomy()) for id_, code in row.policy.shown)


def test_ids_and_the_folder_of_the_splits_follow_their_overrides(project):
    done = run(project, "ood_split", "ood_split.shuffle_ids=false", "paths.splits=elsewhere")
    assert done.returncode == 0, done.stderr
    for name in ("train", "val", "test"):
        assert not has_shuffled_ids(project / "elsewhere" / f"{name}.parquet")
        assert has_shuffled_ids(project / "data" / "splits" / f"{name}.parquet")


def test_override_that_would_change_half_is_refused(project):
    done = run(project, "ood_split", "ood_split.test_sets.test.split=val")
    assert done.returncode != 0
    assert "ood_split.test_sets.test.split: conf/ computes predict.test_sets from it" in done.stderr
