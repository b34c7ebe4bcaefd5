"""verl with vLLM's build for CPUs, through the stage: `make test-vllm`, in an environment of its own."""

from importlib.metadata import PackageNotFoundError, version

import pytest

from tests.training_project import make_project, read_curve, saved_step, train


def has_cpu_build() -> bool:
    try:
        return version("vllm").endswith("+cpu")
    except PackageNotFoundError:
        return False


pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(0),  # `train` has a limit of its own.
    pytest.mark.skipif(not has_cpu_build(), reason="needs vLLM's build for CPUs: make test-vllm"),
]

STEPS = ("rl_train.steps=20", "rl_train.save_every=1", "rl_train.batch_size=8", "rl_train.mini_batch_size=8")
TIMEOUT = 1500.0


def assert_log_probs_agree(steps):
    """Rollout and trainer give the tokens equal log-probabilities, up to the rounding of two implementations."""
    assert steps
    assert max(step["training/rollout_probs_diff_max"] for step in steps.values()) < 2e-4
    assert max(abs(step["rollout_corr/kl"]) for step in steps.values()) < 1e-5


def test_killed_training_on_vllm_goes_on_and_earns_what_hf_earns(tmp_path):
    vllm = make_project(tmp_path / "vllm", n_rows=96, choices=["engine=cpu_vllm"])
    killed = train(vllm, *STEPS, kill_at=2, timeout=TIMEOUT)
    assert killed.returncode == -9
    assert_log_probs_agree(killed.steps)
    start = saved_step(vllm)
    assert start >= 2
    done = train(vllm, *STEPS, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr[-3000:]
    assert min(done.steps) in (start, start + 1)  # Step 3 may have had its checkpoint and not its rollouts.
    assert_log_probs_agree(done.steps)

    hf = make_project(tmp_path / "hf", n_rows=96)
    assert train(hf, *STEPS, timeout=TIMEOUT).returncode == 0
    curves = {name: read_curve(project) for name, project in (("vllm", vllm), ("hf", hf))}
    print({name: curve["reward"].to_list() for name, curve in curves.items()})
    # With vLLM the trainer computes the log-probabilities again, and the entropy with them.
    assert set(curves["vllm"].columns) == {*curves["hf"].columns, "entropy"}
    rise = {name: curve["reward"][-5:].mean() - curve["reward"][:5].mean() for name, curve in curves.items()}
    assert rise["vllm"] >= 0.7 * rise["hf"] > 0.07, rise


def test_two_workers_of_the_stock_engine_train_on_two_vllm_servers(tmp_path):
    project = make_project(tmp_path, n_rows=24, choices=["engine=cpu_vllm"])
    model, micro = "engine.verl.actor_rollout_ref", "log_prob_micro_batch_size_per_gpu=4"
    done = train(
        project,
        "rl_train.steps=2",
        "rl_train.batch_size=4",
        "rl_train.mini_batch_size=4",
        "runtime.rl.n_gpus_per_node=2",
        "engine.verl.ray_kwargs.ray_init.num_gpus=2",
        f"{model}.model.external_lib=proguard.vllm_cpu.stock_engine",
        f"{model}.actor.ppo_micro_batch_size_per_gpu=4",
        f"{model}.ref.{micro}",
        f"{model}.rollout.{micro}",
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert_log_probs_agree(done.steps)
    curve = read_curve(project)
    assert curve["step"].to_list() == [1, 2]
    # Each modality was in the batches.
    assert all(curve[f"reward_{modality}"].drop_nulls().len() for modality in ("text", "image", "text_image"))
