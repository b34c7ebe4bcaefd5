"""What verl looks up by name when it trains on a CPU: the FSDP2 engine, the rollout "hf", the agent loop.

Imported through `actor_rollout_ref.model.external_lib` in every process that reads the model's config, after
verl itself is imported.
"""

import verl.workers.engine.fsdp.transformer_impl as fsdp
from torch.distributed.fsdp import OffloadPolicy
from verl.experimental.agent_loop.agent_loop import register
from verl.workers.engine.base import EngineRegistry
from verl.workers.rollout import base
from verl.workers.rollout.replica import RolloutReplica, RolloutReplicaRegistry

import proguard.verl_cpu.fixes  # noqa: F401
from proguard.verl_cpu.order import NamedAgentLoop


def load_replica() -> type[RolloutReplica]:
    """Return the class of the rollout "hf"."""
    from proguard.verl_cpu.rollout import HfReplica

    return HfReplica


def keep_in_place(pin_memory: bool) -> OffloadPolicy:
    """Return the policy that moves nothing: what verl offloads to the CPU, the reference model, is there."""
    return OffloadPolicy()


fsdp.CPUOffloadPolicy = keep_in_place
EngineRegistry.register(model_type="language_model", backend=["fsdp2"], device="cpu")(fsdp.FSDPEngineWithLMHead)
RolloutReplicaRegistry.register("hf", load_replica)
base._ROLLOUT_REGISTRY["hf", "async"] = "proguard.verl_cpu.rollout.HfAdapter"
register("named_agent")(NamedAgentLoop)
