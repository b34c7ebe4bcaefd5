"""verl's part of a vLLM worker, for vLLM's build for CPUs: weights that can be loaded more than once.

vLLM imports it in each of its workers, before it builds the model.
Key: actor_rollout_ref.rollout.engine_kwargs.vllm.worker_extension_cls.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
import vllm.model_executor.layers.utils as layers
from verl.workers.rollout.vllm_rollout.utils import vLLMColocateWorkerExtension


class CpuWorkerExtension(vLLMColocateWorkerExtension):
    """Takes the trainer's weights out of the shared memory in which they come."""

    def _update_weights(
        self, weights: Iterable[tuple[str, torch.Tensor]], peft_config: Mapping[str, Any] | None, base_sync_done: bool
    ) -> None:
        # vLLM may keep what it is given, and verl cannot close a shared memory that a tensor looks into.
        copies = [(name, weight.clone()) for name, weight in weights]
        super()._update_weights(copies, peft_config=peft_config, base_sync_done=base_sync_done)


def keep_weight(layer: torch.nn.Module, remove_weight: bool) -> None:
    """Compute a linear layer from its own weight.

    vLLM 0.24.0 packs the weight for the CPU's kernels and empties the parameter
    (vllm/model_executor/layers/utils.py, dispatch_cpu_unquantized_gemm), which then cannot be loaded a second time.
    """
    layer.cpu_linear = torch.nn.functional.linear


layers.dispatch_cpu_unquantized_gemm = keep_weight
