"""Equal batches on every run: rollouts are sampled together and trained on in the order of the data.

verl starts all rollouts of a step at once and takes them as they end, so which random numbers a rollout gets,
and its place in the batch, would depend on timing. Here a worker asks for a batch's rollouts in one call (`worker`),
and the trainer numbers the rows and reads the batch in their order (this module, imported in the trainer's process
only).
"""

import itertools
import time
from collections.abc import Sequence
from typing import Any

import ray
import verl.trainer.ppo.v1.trainer_base
from transfer_queue import KVBatchMeta
from verl.trainer.ppo.v1.agent_loop_tq import AgentLoopManagerTQ
from verl.trainer.ppo.v1.replay_buffer import ReplayBuffer
from verl.utils.seqlen_balancing import get_seqlen_balanced_partitions

from proguard.verl_cpu.actors import ROLLOUTS_NAME

POLL_SECONDS = 0.02
"""How often the trainer looks for finished rollouts; verl's 2.0 would be most of a small model's step."""

STALL_SECONDS = 900.0
"""Longest wait of the trainer without any change, after which a worker must have died."""


class RowNumbers:
    """Replaces the module `uuid` in verl's trainer, which draws a random name for each row of a batch."""

    def __init__(self) -> None:
        self._count = itertools.count()

    def uuid4(self) -> str:
        """Return the next number, in digits that sort as numbers do."""
        return f"{next(self._count):012d}"


def in_order(keys: list[str]) -> list[int]:
    """Return the places of verl's keys ``row_session_turn``, sorted by row, session and turn."""
    names = [tuple(int(part) for part in key.split("_")) for key in keys]
    return sorted(range(len(names)), key=names.__getitem__)


class BatchManager(AgentLoopManagerTQ):
    """Has one worker run a batch's rollouts together. Key: rollout.agent.agent_loop_manager_class."""

    async def _init_agent_loop_workers(self) -> None:
        actor = ray.get_actor(ROLLOUTS_NAME)
        await actor.connect.remote(self.config, self.llm_client, self.teacher_client, self.reward_loop_worker_handles)
        self.agent_loop_workers = [actor]


class OrderedReplayBuffer(ReplayBuffer):
    """Hands out rollouts in the order of the rows. Keys: trainer.v1.sampler.custom_sampler.{path,name}."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, poll_interval=POLL_SECONDS)
        self._seen: list[int] = []
        self._changed = time.monotonic()

    def _select_prompt_uids(
        self, partition_id: str, sampleable_keys: set[str], batch_size: int
    ) -> tuple[list[str], dict[str, dict], dict[str, int]]:
        self._seen = []
        failed = self.failure_keys[partition_id] & sampleable_keys
        if failed:
            raise RuntimeError(
                f"{len(failed)} of {batch_size} rows have a rollout or a reward that failed: the log has each under "
                "'Error in _run_batch'. verl would train on what is left."
            )
        return super()._select_prompt_uids(partition_id, sampleable_keys, batch_size)

    def _materialize_batch(
        self, partition_id: str, selected_prompt_uids: list[str], partition_snapshot: dict[str, dict]
    ) -> KVBatchMeta:
        batch = super()._materialize_batch(partition_id, selected_prompt_uids, partition_snapshot)
        batch.reorder(in_order(batch.keys))
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


def split_evenly(seqlen_list: Sequence[int], k_partitions: int, equal_size: bool) -> list[list[int]]:
    """Return what verl's search for equal parts returns, for one part without its tenth of a second."""
    if k_partitions == 1:
        return [list(range(len(seqlen_list)))]
    return get_seqlen_balanced_partitions(seqlen_list, k_partitions, equal_size)


verl.trainer.ppo.v1.trainer_base.uuid = RowNumbers()
verl.trainer.ppo.v1.trainer_base.get_seqlen_balanced_partitions = split_evenly
