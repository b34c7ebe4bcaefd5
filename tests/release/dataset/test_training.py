"""verl trains from a released data set as it is."""

import shutil
from dataclasses import asdict

import pytest

from proguard.cli import main
from proguard.naming import SimilarityConfig
from proguard.reward.config import RewardConfig
from proguard.rl_train.config import Engine, GrpoConfig, Machines, TrainingFiles
from proguard.rl_train.overrides import make_overrides, verl_settings
from proguard.rl_train.train import run_verl
from proguard.runtime.params import compose_params
from proguard.storage.files import read_json_lines
from tests.release.dataset.world import write_pipeline
from tests.worlds import taxonomy
from tools.closure import ROOT

pytestmark = pytest.mark.slow

SIZES = ("rl_train.steps=2", "rl_train.batch_size=4", "rl_train.mini_batch_size=4", "rl_train.save_every=2")


def test_verl_trains_two_steps_from_a_released_data_set(tmp_path):
    rows = write_pipeline(tmp_path, n=24)
    # Full prompts are too long for the tiny base.
    main(["release", "--dataset", "--prompt-of-guard", "--pipeline", str(tmp_path), "--output", str(tmp_path / "out")])
    shutil.copytree(ROOT / "data/tiny_base", tmp_path / "base")
    params = compose_params(ROOT / "conf", overrides=SIZES)
    config, engine = GrpoConfig(**params["rl_train"]), Engine(**params["engine"])
    files = TrainingFiles(
        tmp_path / "out/data/train-00000-of-00001.parquet",
        tmp_path / "base",
        tmp_path / "work",
        tmp_path / "out/taxonomy.yaml",
    )
    reward = RewardConfig(**params["reward"])
    scored = {
        "similarity": asdict(SimilarityConfig(**params["similarity"])),
        "reward": asdict(reward),
        "embedder_gpus": None,
    }
    machines = Machines(**params["runtime"]["rl"])
    settings = verl_settings(config, files, reward_kwargs=scored, engine=engine, machines=machines)
    steps = []
    records = run_verl(
        make_overrides(settings | {"data.prompt_key": "messages"}),
        config,
        files,
        n_rows=len(rows["train"]),
        taxonomy=taxonomy(),
        reward=reward,
        engine=engine,
        stall_seconds=600,
        on_step=lambda numbers, step: steps.append(step),
    )
    assert steps == [1, 2]
    assert all(0 < numbers["reward"] <= 3 for numbers in records.curve.values())
    logged = [line["data"] for line in read_json_lines(files.work / "verl-0.jsonl")]
    # Rollout and trainer give the tokens equal probabilities: this is their KL divergence before the step's update.
    assert max(abs(numbers["actor/ppo_kl"]) for numbers in logged) < 1e-5
