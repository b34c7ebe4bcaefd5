"""What verl looks up by name when it trains on a CPU: the FSDP2 engine, the rollout "hf", the agent loop.

Imported through `actor_rollout_ref.model.external_lib` in every process that reads the model's config, after
verl itself is imported.
"""

from typing import Any

import torch
import verl.workers.engine.fsdp.transformer_impl as fsdp
from tensordict import TensorDict
from torch.distributed.fsdp import OffloadPolicy
from verl.utils import tensordict_utils
from verl.utils.model import extract_multi_modal_inputs
from verl.utils.torch_functional import entropy_from_logits
from verl.workers.engine.base import EngineRegistry
from verl.workers.rollout import base
from verl.workers.rollout.replica import RolloutReplica, RolloutReplicaRegistry

import proguard.verl_cpu.fixes  # noqa: F401
from proguard.verl_cpu.packing import Packed, Rollouts, pack, unpack


@EngineRegistry.register(model_type="language_model", backend=["fsdp2"], device="cpu")
class PackedEngine(fsdp.FSDPEngineWithLMHead):
    """FSDP2 on packed rollouts; the vocabulary is computed for response tokens only."""

    packed: Packed

    def initialize(self) -> None:
        """Build the model and the optimizer."""
        super().initialize()
        self.module.lm_head.register_forward_pre_hook(self.keep_predicting)

    def keep_predicting(self, lm_head: torch.nn.Module, inputs: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        """Return the hidden states that predict a response token, shape ``(labels, hidden)``."""
        return (inputs[0][self.packed.predicting],)

    def forward_step(self, micro_batch: TensorDict, *args: Any, **kwargs: Any) -> Any:
        """Run verl's step, whose move to the device copies each value that has none, though nothing moves here."""
        return super().forward_step(micro_batch.auto_device_(), *args, **kwargs)

    def prepare_model_inputs(self, micro_batch: TensorDict) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the model's inputs for a micro-batch, and what `prepare_model_outputs` needs."""
        images = [getattr(row, "data", row) for row in micro_batch["multi_modal_inputs"]]
        starts = group_starts(micro_batch["prompts"].unbind(), images)
        ends = [*starts[1:], len(images)]
        prompts, responses, positions = (micro_batch[key].unbind() for key in ("prompts", "responses", "position_ids"))
        rollouts = [
            Rollouts(prompts[start], list(responses[start:end]), list(positions[start:end]))
            for start, end in zip(starts, ends, strict=True)
        ]
        self.packed = pack(rollouts)
        inputs = {
            "input_ids": self.packed.input_ids,
            "attention_mask": self.packed.attention_mask,
            "position_ids": self.packed.position_ids,
        }
        return inputs | extract_multi_modal_inputs([images[start] for start in starts]), {"rollouts": rollouts}

    def prepare_model_outputs(
        self, output: Any, output_args: dict[str, Any], micro_batch: TensorDict, logits_processor_func: Any
    ) -> dict[str, torch.Tensor]:
        """Return log-probabilities, and entropy where asked for, nested as the micro-batch is."""
        offsets = micro_batch["input_ids"].offsets()

        def nest(values: torch.Tensor) -> torch.Tensor:
            return torch.nested.nested_tensor_from_jagged(unpack(values, output_args["rollouts"]), offsets)

        logits = output.logits / micro_batch["temperature"]
        log_probs = logits.log_softmax(-1).gather(-1, self.packed.labels[:, None])[:, 0]
        results = {"log_probs": nest(log_probs)}
        if tensordict_utils.get_non_tensor_data(micro_batch, "calculate_entropy", False):
            results["entropy"] = nest(entropy_from_logits(logits))
        return results


def group_starts(prompts: tuple[torch.Tensor, ...], images: list[dict[str, torch.Tensor]]) -> list[int]:
    """Return the rows at which another prompt begins, the first one included."""

    def is_same(row: int) -> bool:
        pixels, others = (images[index].get("pixel_values") for index in (row, row - 1))
        if not torch.equal(prompts[row], prompts[row - 1]) or (pixels is None) != (others is None):
            return False
        return pixels is None or torch.equal(pixels, others)

    return [row for row in range(len(prompts)) if row == 0 or not is_same(row)]


def keep_in_place(pin_memory: bool) -> OffloadPolicy:
    """Return the policy that moves nothing: what verl offloads to the CPU, the reference model, is there."""
    return OffloadPolicy()


def load_replica() -> type[RolloutReplica]:
    """Return the class of the rollout "hf"."""
    from proguard.verl_cpu.rollout import HfReplica

    return HfReplica


fsdp.CPUOffloadPolicy = keep_in_place
RolloutReplicaRegistry.register("hf", load_replica)
base._ROLLOUT_REGISTRY["hf", "async"] = "proguard.verl_cpu.rollout.HfAdapter"
