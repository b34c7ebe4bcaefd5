"""Equal batches on every run: rollouts are asked for by name and trained on in the order of the data.

verl starts all rollouts of a step at once and takes them as they end, so which random numbers a rollout gets,
and its place in the batch, would depend on timing. Here each request says which rollout it is and how many
belong to its batch (the agent loop), which the server waits for and sorts; and the trainer reads the batch in
the order in which it was sent (the replay buffer).
"""

import asyncio
import time
from typing import Any, ClassVar

from tensordict import TensorDict
from transfer_queue import KVBatchMeta
from verl.experimental.agent_loop.agent_loop import AgentLoopOutput
from verl.experimental.agent_loop.single_turn_agent_loop import SingleTurnAgentLoop
from verl.trainer.ppo.v1.agent_loop_tq import AgentLoopManagerTQ
from verl.trainer.ppo.v1.replay_buffer import ReplayBuffer
from verl.utils import tensordict_utils

POLL_SECONDS = 0.05
"""How often the trainer looks for finished rollouts; verl's 2.0 would be most of a small model's step."""

STALL_SECONDS = 900.0
"""Longest wait of the trainer without any change, after which a worker must have died."""


class CountingManager(AgentLoopManagerTQ):
    """Tells each row how many rollouts its batch has. Key: rollout.agent.agent_loop_manager_class."""

    def generate_sequences(self, prompts: TensorDict) -> None:
        """Send a batch of rows to the agent loop workers."""
        rollout = self.rollout_config
        is_validation = "validate" in prompts.keys()
        rollouts = len(prompts) * (rollout.val_kwargs.n if is_validation else rollout.n)
        tensordict_utils.assign_non_tensor_data(prompts, "rollouts", rollouts)
        super().generate_sequences(prompts)


class NamedAgentLoop(SingleTurnAgentLoop):
    """A single turn whose request carries its name. Key: rollout.agent.default_agent_loop=named_agent."""

    step: ClassVar[int | None] = None
    prompts: ClassVar[dict[str, asyncio.Future[list[int]]]] = {}
    """Token ids of the rows of this step, as a row's rollouts need them once."""

    async def run(self, sampling_params: dict[str, Any], **row: Any) -> AgentLoopOutput:
        """Return the completion of one rollout of ``row``."""
        self.uid, step = row["uid"], int(row["global_steps"])
        if NamedAgentLoop.step != step:
            NamedAgentLoop.step = step
            self.prompts.clear()
        name = {"step": step, "session": row["session_id"], "rollouts": row["rollouts"]}
        return await super().run(sampling_params | name, **row)

    async def ct_build_initial_tokens(self, *args: Any, **kwargs: Any) -> list[int]:
        """Return the row's token ids."""
        if self.uid not in self.prompts:
            task = super().ct_build_initial_tokens(*args, **kwargs)
            self.prompts[self.uid] = asyncio.ensure_future(task)
        return list(await self.prompts[self.uid])


class OrderedReplayBuffer(ReplayBuffer):
    """Hands out rollouts in the order of the rows. Keys: trainer.v1.sampler.custom_sampler.{path,name}."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, poll_interval=POLL_SECONDS)
        self._seen: list[int] = []
        self._changed = time.monotonic()

    def _select_prompt_uids(
        self, partition_id: str, sampleable_keys: set[str], batch_size: int
    ) -> tuple[list[str], dict[str, dict], dict[str, int]]:
        failed = self.failure_keys[partition_id] & sampleable_keys
        if failed:
            raise RuntimeError(
                f"{len(failed)} of {batch_size} rows have a rollout or a reward that failed: the log has each under "
                "'Error in _run_prompt'. verl would train on what is left."
            )
        return super()._select_prompt_uids(partition_id, sampleable_keys, batch_size)

    def _materialize_batch(
        self, partition_id: str, selected_prompt_uids: list[str], partition_snapshot: dict[str, dict]
    ) -> KVBatchMeta:
        # The queue lists rows as they were put into it, which is the order of the data.
        place = {uid: index for index, uid in enumerate(self.prompt_global_steps[partition_id])}
        batch = super()._materialize_batch(partition_id, selected_prompt_uids, partition_snapshot)
        names = [key.split("_") for key in batch.keys]
        ranks = [(place[uid], int(session), int(turn)) for uid, session, turn in names]
        batch.reorder(sorted(range(len(ranks)), key=ranks.__getitem__))
        return batch

    def _wait_for_next_poll(self, partition_id: str, last_debug_time: float) -> float:
        states = (self.pending_keys, self.running_keys, self.finished_keys, self.partitions)
        seen = [len(state[partition_id]) for state in states]
        if seen != self._seen:
            self._seen, self._changed = seen, time.monotonic()
        elif time.monotonic() - self._changed > STALL_SECONDS:
            raise RuntimeError(
                f"no rollout started or ended for {STALL_SECONDS:.0f} s; a worker has died (memory?), see Ray's log."
            )
        return super()._wait_for_next_poll(partition_id, last_debug_time)
