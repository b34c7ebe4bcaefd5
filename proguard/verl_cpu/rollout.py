"""The rollout "hf": a Ray actor that samples with transformers, and what ties it to verl.

The server waits until all rollouts of a batch are there and samples them together, so that what it returns
does not depend on when they came. A failure is raised to each of them, and `order` ends the run.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import ray
import torch
from PIL.Image import Image
from verl.utils.config import omega_conf_to_dataclass
from verl.utils.model import get_hf_auto_model_class
from verl.workers.config import HFModelConfig, RolloutConfig
from verl.workers.rollout.base import BaseRollout
from verl.workers.rollout.replica import RolloutReplica, TokenOutput

from proguard.verl_cpu.generation import complete
from proguard.verl_cpu.sampling import Completion, Rollout, Sampling, image_digest

SERVER_NAME = "proguard_hf_server"
"""The actor's name in Ray; there is one server."""

ARRIVAL_SECONDS = 300.0
"""Longest wait of a rollout for the others of its batch, after which one must have failed before it was asked for."""

VISION_KEYS = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")


@dataclass(slots=True)
class Batch:
    """Rollouts that are sampled together."""

    rollouts: list[Rollout] = field(default_factory=list)
    is_full: asyncio.Event = field(default_factory=asyncio.Event)
    sampling: asyncio.Task[list[Completion]] | None = None
    """Samples them; ``None`` until the batch is full."""


class HfServer:
    """Samples completions, a batch at a time."""

    def __init__(self, config: RolloutConfig, model_config: Any) -> None:
        model: HFModelConfig = omega_conf_to_dataclass(model_config)
        self.config = config
        self.image_processor = model.processor.image_processor
        self.model = get_hf_auto_model_class(model.hf_config).from_pretrained(
            model.local_path, dtype=torch.float32, attn_implementation="sdpa"
        )
        self.weights_step: int | None = None
        self.batch = Batch()
        eos = self.model.generation_config.eos_token_id
        self.eos_ids = tuple(eos) if isinstance(eos, list) else (eos,)
        self.pad_id = model.tokenizer.pad_token_id
        vision_ids = (getattr(model.hf_config, key, None) for key in VISION_KEYS)
        self.banned_ids = tuple(token_id for token_id in vision_ids if token_id is not None)

    async def ready(self) -> None:
        """Return when the model is loaded."""

    async def load_weights(self, weights: dict[str, torch.Tensor], step: int) -> None:
        """Take the trainer's weights; ``step`` says how many updates they have had."""
        missing, unexpected = self.model.load_state_dict(weights, strict=False)
        untied = set(missing) - set(self.model.all_tied_weights_keys)
        if untied or unexpected:
            raise RuntimeError(f"the trainer's weights lack {sorted(untied)[:3]}, and have {unexpected[:3]} besides")
        self.weights_step = step

    async def generate(
        self,
        prompt_ids: list[int],
        sampling_params: dict[str, Any],
        request_id: str,
        image_data: list[Image] | None = None,
        video_data: list[Any] | None = None,
    ) -> TokenOutput:
        """Return one completion, once all of its batch have been asked for."""
        images = tuple(image_data or ())
        rollout = Rollout(
            token_ids=tuple(prompt_ids),
            images=images,
            image_digests=tuple(image_digest(image) for image in images),
            step=sampling_params["step"],
            session=sampling_params["session"],
        )
        sampling = self.read_sampling(sampling_params)
        completion = await self.sample(rollout, sampling, expected=sampling_params["rollouts"])
        return TokenOutput(
            token_ids=completion.token_ids,
            log_probs=completion.log_probs,
            stop_reason="completed",
            extra_fields={"global_steps": self.weights_step},
        )

    async def sample(self, rollout: Rollout, sampling: Sampling, *, expected: int) -> Completion:
        """Put a rollout into its batch of ``expected``; return its completion when all are there and sampled."""
        batch, place = self.batch, len(self.batch.rollouts)
        batch.rollouts.append(rollout)
        if len(batch.rollouts) == expected:
            self.batch = Batch()
            rows = self.config.max_num_seqs
            work = asyncio.to_thread(complete, self.model, self.image_processor, batch.rollouts, sampling, rows=rows)
            batch.sampling = asyncio.create_task(work)
            batch.is_full.set()
        try:
            await asyncio.wait_for(batch.is_full.wait(), ARRIVAL_SECONDS)
        except TimeoutError as error:
            found = f"{len(batch.rollouts)} of {expected} rollouts were asked for within {ARRIVAL_SECONDS:.0f} s"
            raise RuntimeError(f"{found}; the others failed before") from error
        return (await batch.sampling)[place]

    def read_sampling(self, params: dict[str, Any]) -> Sampling:
        """Return verl's sampling parameters in our words."""
        if params["top_k"] != -1 or params["repetition_penalty"] != 1.0:
            raise ValueError(
                f"rollout.top_k is {params['top_k']} and repetition_penalty {params['repetition_penalty']}; the "
                "rollout hf has temperature and top_p only: set them to -1 and 1.0"
            )
        return Sampling(
            seed=self.config.seed,
            temperature=params["temperature"],
            top_p=params["top_p"],
            max_tokens=self.config.response_length,
            eos_ids=self.eos_ids,
            pad_id=self.pad_id,
            banned_ids=self.banned_ids,
        )


class HfReplica(RolloutReplica):
    """Starts the server."""

    async def launch_servers(self) -> None:
        """Start the server and wait until it is ready."""
        if self.replica_rank > 0:
            raise ValueError("the rollout hf has one server: set trainer.n_gpus_per_node=1 and trainer.nnodes=1")
        actor = ray.remote(HfServer).options(name=SERVER_NAME, num_cpus=0, max_concurrency=100_000)
        self._server_handle = actor.remote(self.config, self.model_config)
        self._server_address = SERVER_NAME
        await self._server_handle.ready.remote()

    async def sleep(self) -> None:
        """Free nothing: the trainer and the server do not compete for a device's memory."""


class HfAdapter(BaseRollout):
    """The trainer's end: sends its weights to the server."""

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
        await ray.get_actor(SERVER_NAME).load_weights.remote(named, global_steps)
