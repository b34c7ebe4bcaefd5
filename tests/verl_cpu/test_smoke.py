"""Stock verl on the toy through real Ray, two steps. That a run can be repeated to the bit, tests/rl/test_train.py shows."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from proguard.runtime.cluster import ray_folder
from tests.verl_cpu import toy

pytestmark = pytest.mark.slow

TEMPERATURE = 0.9
MODEL = "actor_rollout_ref.model"
ACTOR = "actor_rollout_ref.actor"
REF = "actor_rollout_ref.ref"
ROLLOUT = "actor_rollout_ref.rollout"
OVERRIDES = [
    "algorithm.adv_estimator=grpo",
    "data.train_batch_size=4",
    "data.max_prompt_length=128",
    "data.max_response_length=12",
    "data.image_key=images",
    "data.dataloader_num_workers=0",
    "data.seed=1",
    f"{MODEL}.external_lib=proguard.verl_cpu.engine",
    f"{MODEL}.use_remove_padding=false",
    f"{MODEL}.enable_gradient_checkpointing=false",
    f"+{MODEL}.override_config.attn_implementation=sdpa",
    f"{ACTOR}.strategy=fsdp2",
    f"{ACTOR}.optim.lr=1e-3",
    f"{ACTOR}.ppo_mini_batch_size=2",
    f"{ACTOR}.ppo_micro_batch_size_per_gpu=4",
    f"{ACTOR}.use_kl_loss=true",
    f"{ACTOR}.entropy_coeff=0.01",
    f"{ACTOR}.use_torch_compile=false",
    f"{ACTOR}.fsdp_config.use_torch_compile=false",
    f"+{ACTOR}.fsdp_config.mixed_precision.param_dtype=fp32",
    f"+{ACTOR}.fsdp_config.mixed_precision.reduce_dtype=fp32",
    f"{ACTOR}.checkpoint.save_contents=[model,optimizer,extra,hf_model]",
    f"{REF}.fsdp_config.use_torch_compile=false",
    f"+{REF}.fsdp_config.mixed_precision.param_dtype=fp32",
    f"+{REF}.fsdp_config.mixed_precision.reduce_dtype=fp32",
    f"{REF}.log_prob_micro_batch_size_per_gpu=4",
    f"{ROLLOUT}.name=hf",
    f"{ROLLOUT}.n=4",
    f"{ROLLOUT}.seed=1",
    f"{ROLLOUT}.temperature={TEMPERATURE}",
    f"{ROLLOUT}.dtype=float32",
    f"{ROLLOUT}.load_format=auto",
    f"{ROLLOUT}.tensor_model_parallel_size=1",
    f"{ROLLOUT}.free_cache_engine=false",
    f"{ROLLOUT}.calculate_log_probs=true",
    f"{ROLLOUT}.log_prob_micro_batch_size_per_gpu=4",
    f"{ROLLOUT}.agent.num_workers=1",
    f"+{ROLLOUT}.agent.agent_loop_manager_class=proguard.verl_cpu.order.BatchManager",
    "trainer.v1.sampler.custom_sampler.path=pkg://proguard.verl_cpu.order",
    "trainer.v1.sampler.custom_sampler.name=OrderedReplayBuffer",
    "reward.num_workers=0",
    f"reward.custom_reward_function.path={toy.__file__}",
    "transfer_queue.backend.SimpleStorage.num_data_storage_units=1",
    "ray_kwargs.ray_init.num_cpus=10",
    "+ray_kwargs.ray_init.num_gpus=1",
    "+ray_kwargs.ray_init.include_dashboard=false",
    "+ray_kwargs.ray_init.object_store_memory=200000000",
    "trainer.device=cpu",
    "trainer.n_gpus_per_node=1",
    "trainer.total_training_steps=2",
    "trainer.save_freq=2",
    "trainer.test_freq=2",
    "trainer.val_before_train=false",
    "trainer.resume_mode=disable",
    "trainer.logger=[console,file]",
]


@dataclass(frozen=True)
class Run:
    """What a training left behind."""

    returncode: int
    log: str
    metrics: list[dict[str, float]]
    folder: Path


def train(toy_folder: Path, folder: Path) -> Run:
    """Run two steps in a Ray of their own."""
    environment = os.environ | {
        "VERL_PLATFORM": "cpu",
        "VERL_USE_EXTERNAL_MODULES": "proguard.verl_cpu.platform",
        "VERL_FILE_LOGGER_PATH": str(folder / "metrics.jsonl"),
        "HF_DATASETS_CACHE": str(folder / "cache"),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    with ray_folder() as short:
        paths = [
            f"data.train_files={toy_folder / 'rows.parquet'}",
            f"data.val_files={toy_folder / 'rows.parquet'}",
            f"{MODEL}.path={toy_folder / 'model'}",
            f"trainer.default_local_dir={folder / 'checkpoints'}",
            f"hydra.run.dir={folder / 'hydra'}",
            "+ray_kwargs.ray_init.address=local",
            f"+ray_kwargs.ray_init._temp_dir={short}",
        ]
        command = [sys.executable, "-m", "verl.trainer.main_ppo", *OVERRIDES, *paths]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=800)
    metrics_path = folder / "metrics.jsonl"
    lines = metrics_path.read_text().splitlines() if metrics_path.exists() else []
    metrics = [{"step": line["step"], **line["data"]} for line in map(json.loads, lines)]
    return Run(done.returncode, done.stdout + done.stderr, metrics, folder)


def weights_path(run: Run) -> Path:
    """Return the weights of the last step."""
    return run.folder / "checkpoints" / "global_step_2" / "actor" / "huggingface" / "model.safetensors"


@pytest.fixture(scope="module")
def run(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished training, with its rollouts' log-probabilities recomputed by the trainer."""
    return train(toy_folder, tmp_path_factory.mktemp("run"))


def test_main_ppo_trains_all_steps(run: Run):
    assert run.returncode == 0, run.log[-4000:]
    assert [step["step"] for step in run.metrics] == [1, 2]
    assert "val-core/toy/reward/mean@1" in run.metrics[1]
    assert (run.folder / "checkpoints" / "latest_checkpointed_iteration.txt").read_text() == "2"


def test_main_ppo_rollout_and_training_log_probs_agree(run: Run):
    assert all(step["training/rollout_probs_diff_max"] < 1e-4 for step in run.metrics)


def test_main_ppo_changes_all_weights_and_saves_them_in_fp32(run: Run, toy_folder: Path):
    before, after = load_file(toy_folder / "model" / "model.safetensors"), load_file(weights_path(run))
    assert before.keys() == after.keys()
    assert not any(before[name].equal(after[name]) for name in before)
    assert {weight.dtype for weight in after.values()} == {torch.float32}
