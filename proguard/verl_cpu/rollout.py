"""The rollout "hf": what ties the process that samples with transformers (`actors`) to verl."""

from collections.abc import Iterable
from typing import Any

import ray
import torch
from verl.workers.rollout.base import BaseRollout
from verl.workers.rollout.replica import RolloutReplica

from proguard.verl_cpu.actors import ROLLOUTS_NAME, start_rollouts


class HfReplica(RolloutReplica):
    """verl's name for a server: here the actor of the rollouts."""

    async def launch_servers(self) -> None:
        """Start the actor, unless it runs, and wait until it has loaded the model."""
        if self.replica_rank > 0:
            raise ValueError("the rollout hf has one process: set trainer.n_gpus_per_node=1 and trainer.nnodes=1")
        self._server_handle = start_rollouts()
        self._server_address = ROLLOUTS_NAME
        await self._server_handle.load.remote(self.config, self.model_config)

    async def sleep(self) -> None:
        """Free nothing: the trainer and the actor do not compete for a device's memory."""


class HfAdapter(BaseRollout):
    """The trainer's end: sends its weights to the actor."""

    async def resume(self, tags: list[str]) -> None:
        """Do nothing, as there is nothing to take back after `HfReplica.sleep`."""

    async def release(self) -> None:
        """Do nothing, as in `HfReplica.sleep`."""

    async def update_weights(
        self,
        weights: Iterable[tuple[str, torch.Tensor]],
        wire_format: str = "named_tensors",
        global_steps: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Send full tensors in fp32."""
        named = {name: weight.detach().float() for name, weight in weights}
        await ray.get_actor(ROLLOUTS_NAME).load_weights.remote(named, global_steps)
