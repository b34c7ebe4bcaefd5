"""verl's own FSDP2 engine on a CPU, in place of the packed one: what a GPU runs, with several data-parallel workers.

Key: actor_rollout_ref.model.external_lib.
"""

import verl.workers.engine.fsdp.transformer_impl as fsdp
from torch.distributed.fsdp import OffloadPolicy
from verl.workers.engine.base import EngineRegistry

import proguard.verl_cpu.fixes  # noqa: F401


@EngineRegistry.register(model_type="language_model", backend=["fsdp2"], device="cpu")
class StockEngine(fsdp.FSDPEngineWithLMHead):
    """As it is."""


def keep_in_place(pin_memory: bool) -> OffloadPolicy:
    """Return the policy that moves nothing: what verl offloads to the CPU, the reference model, is there."""
    return OffloadPolicy()


fsdp.CPUOffloadPolicy = keep_in_place
