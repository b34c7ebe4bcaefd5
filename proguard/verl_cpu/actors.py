"""The processes that our main program starts for verl: its trainer, and the one that makes the rollouts.

This module imports neither torch nor verl, so that a driver without them can start both side by side (`main`); each
imports what it needs when it starts.
"""

import tempfile
from typing import TYPE_CHECKING, Any

import ray

if TYPE_CHECKING:
    import torch
    from omegaconf import DictConfig
    from tensordict import TensorDict

ROLLOUTS_NAME = "proguard_rollouts"
"""Name in Ray of the actor that makes the rollouts; there is one."""


class TrainerActor:
    """verl's trainer."""

    def run(self, config: "DictConfig") -> None:
        """Check the settings as verl's own main program does, and train."""
        from verl.trainer.main_ppo import TaskRunnerV1
        from verl.trainer.ppo.utils import need_critic, need_reference_policy
        from verl.utils.config import validate_config

        validate_config(config, use_reference_policy=need_reference_policy(config), use_critic=need_critic(config))
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as router:
            router.write(f"router_class: {NoRouter.__module__}.{NoRouter.__name__}\n")
            router.flush()
            config.actor_rollout_ref.rollout.router_config_path = router.name
            TaskRunnerV1.__ray_metadata__.modified_class().run(config)


class NoRouter:
    """Stands for verl's router of requests, which nobody asks: rollouts are sampled where they are asked for."""

    def __init__(self, *args: Any) -> None:
        pass


class RolloutActor:
    """A sampler and the worker that uses it; see `sampler` and `worker`."""

    def __init__(self) -> None:
        import proguard.verl_cpu.worker  # noqa: F401  seconds, in which verl's trainer starts

    async def load(self, config: Any, model_config: Any) -> None:
        """Load the model; the arguments are those of `sampler.Sampler`."""
        from proguard.verl_cpu.sampler import Sampler

        self._sampler = Sampler(config, model_config)

    async def connect(self, *args: Any) -> None:
        """Join verl's queue; the arguments are those of verl's own worker."""
        from proguard.verl_cpu.worker import BatchWorker

        self._worker = BatchWorker(self._sampler, *args)

    async def load_weights(self, weights: "dict[str, torch.Tensor]", step: int) -> None:
        """Take the trainer's weights; ``step`` says how many updates they have had."""
        self._sampler.load_weights(weights, step)

    async def generate_sequences(self, batch: "TensorDict") -> None:
        """Start the rollouts of a batch of rows, and return at once."""
        await self._worker.generate_sequences(batch)


def start_trainer() -> ray.actor.ActorHandle:
    """Start the trainer's actor."""
    return ray.remote(TrainerActor).options(num_cpus=1).remote()


def start_rollouts() -> ray.actor.ActorHandle:
    """Return the actor that makes the rollouts, started unless it runs."""
    actor = ray.remote(RolloutActor)
    return actor.options(name=ROLLOUTS_NAME, get_if_exists=True, num_cpus=0, max_concurrency=100_000).remote()
