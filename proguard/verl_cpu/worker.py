"""A batch of rollouts in one piece: what a row's rollouts share is computed once, and the queue gets one put.

verl's own worker runs an agent loop per rollout: it builds each loop through Hydra, computes image inputs and positions
twice, sends every rollout to a server and to a reward actor, and puts them into the queue one by one. Here a row's
tokens, image and positions are computed once, all rollouts are sampled in one call and their rewards computed together,
in this process, and they go into the queue together. Tokens, log-probabilities and rewards are those of verl's own
worker.
"""

import asyncio
import inspect
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import transfer_queue
from tensordict import NonTensorData, NonTensorStack, TensorDict
from verl.experimental.agent_loop.agent_loop import AgentLoopMetrics, AgentLoopOutput, DictConfigWrap
from verl.experimental.agent_loop.single_turn_agent_loop import SingleTurnAgentLoop
from verl.trainer.ppo.reward import get_custom_reward_fn
from verl.trainer.ppo.v1.agent_loop_tq import AgentLoopWorkerTQ
from verl.utils.tensordict_utils import list_of_dict_to_tensordict

from proguard.verl_cpu.sampler import Sampler
from proguard.verl_cpu.sampling import Completion

_LOG = logging.getLogger(__name__)

RAW_PROMPT = "raw_prompt"
"""verl's column of messages, images included."""

QUEUED_COLUMNS = ("uid", "reward_model", "global_steps")
"""Columns of a row that verl's trainer reads again."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What all rollouts of a row share."""

    row: dict[str, Any]
    """The row's columns."""

    token_ids: list[int]
    images: tuple[Any, ...]
    inputs: dict[str, torch.Tensor]
    """The model's image inputs; empty without an image."""

    positions: torch.Tensor
    """Text and rotary positions of the tokens, ``(4, length)``."""


class BatchWorker(AgentLoopWorkerTQ.__ray_metadata__.modified_class):
    """Runs all rollouts of a batch together; needs rollout.agent.num_workers=1 and the rollout ``hf``."""

    def __init__(self, sampler: Sampler, *args: Any) -> None:
        super().__init__(*args)
        self._sampler = sampler
        self._loop = SingleTurnAgentLoop(
            trainer_config=DictConfigWrap(config=self.config),
            server_manager=self.llm_client,
            tokenizer=self.tokenizer,
            processor=self.processor,
            hf_model_type=self.hf_model_type,
            dataset_cls=self.dataset_cls,
            data_config=DictConfigWrap(self.config.data),
        )
        self._reward = get_custom_reward_fn(self.config)

    async def generate_sequences(self, batch: TensorDict) -> None:
        """Start the rollouts of a batch of rows, and return at once; they go into the queue when all are done."""
        is_validation = batch.pop("validate", None) is not None
        task = asyncio.create_task(self._run_batch(split_rows(batch), is_validation))
        self.background_tasks.add(task)
        task.add_done_callback(self.background_tasks.discard)

    async def _run_batch(self, rows: list[dict[str, Any]], is_validation: bool) -> None:
        partition, uids = "val" if is_validation else "train", [row["uid"] for row in rows]
        await _mark(uids, partition, "running")
        try:
            await self._complete_batch(rows, partition, is_validation)
        except Exception:
            # verl's replay buffer learns of it by the status; `order` then stops the run.
            _LOG.exception("Error in _run_batch")
            await _mark(uids, partition, "failure")
        else:
            await _mark(uids, partition, "finished")

    async def _complete_batch(self, rows: list[dict[str, Any]], partition: str, is_validation: bool) -> None:
        config = self.config.actor_rollout_ref.rollout
        chosen = config.val_kwargs if is_validation else config
        prompts = [await self._read_prompt(row) for row in rows]
        start = time.perf_counter()
        completions, step = await self._sampler.generate(
            [(prompt.token_ids, prompt.images) for prompt in prompts],
            n=chosen.n,
            step=int(rows[0]["global_steps"]),
            params={key: chosen[key] for key in ("temperature", "top_p", "top_k")},
        )
        seconds = time.perf_counter() - start
        rollouts = [(prompt, session) for prompt in prompts for session in range(chosen.n)]
        rewards = await self._score([prompt.row for prompt, _ in rollouts], completions)
        fields = [
            _fields(prompt, session, completion, reward, seconds=seconds, step=step)
            for (prompt, session), completion, reward in zip(rollouts, completions, rewards, strict=True)
        ]
        await transfer_queue.async_kv_batch_put(
            keys=[f"{prompt.row['uid']}_{session}_0" for prompt, session in rollouts],
            fields=list_of_dict_to_tensordict(fields),
            tags=[_tag(field) for field in fields],
            partition_id=partition,
        )

    async def _read_prompt(self, row: dict[str, Any]) -> Prompt:
        data = await self._loop.process_multi_modal_info(list(row[RAW_PROMPT]))
        images = data.get("images")
        token_ids = await self._loop.ct_build_initial_tokens(list(row[RAW_PROMPT]), images=images)
        ids = torch.tensor(token_ids)
        output = AgentLoopOutput(
            prompt_ids=token_ids, response_ids=[], response_mask=[], multi_modal_data=data, metrics=AgentLoopMetrics()
        )
        inputs = self._compute_multi_modal_inputs(output, ids)
        positions = self._compute_position_ids(ids[None], torch.ones_like(ids)[None], inputs)[0]
        return Prompt(row, token_ids, tuple(images or ()), inputs, positions)

    async def _score(self, rows: Sequence[dict[str, Any]], completions: Sequence[Completion]) -> list[Any]:
        """Return what the reward function says of each completion; an async one batches what arrives together."""
        scored = [
            self._reward(
                data_source=row["data_source"],
                solution_str=self.tokenizer.decode(completion.token_ids, skip_special_tokens=True),
                ground_truth=row["reward_model"]["ground_truth"],
                extra_info=row.get("extra_info"),
            )
            for row, completion in zip(rows, completions, strict=True)
        ]
        results = await asyncio.gather(*scored) if inspect.isawaitable(scored[0]) else scored
        return list(results)


def split_rows(batch: TensorDict) -> list[dict[str, Any]]:
    """Return the columns of each row of verl's batch."""
    rows: list[dict[str, Any]] = [{} for _ in range(len(batch))]
    for key, column in batch.items():
        for i, row in enumerate(rows):
            row[key] = column.data if isinstance(column, NonTensorData) else column[i]
            if isinstance(column, NonTensorStack):
                row[key] = column[i].data
    return rows


def extend_positions(positions: torch.Tensor, n_tokens: int) -> torch.Tensor:
    """Return positions ``(4, length + n_tokens)``: text goes on counting, the rotary ones from their highest value."""
    step = torch.arange(n_tokens)
    text = positions.shape[1] + step
    rotary = positions[1:].max() + 1 + step
    tail = torch.stack([text, *[rotary] * (len(positions) - 1)])
    return torch.cat([positions, tail.to(positions.dtype)], 1)


def _fields(
    prompt: Prompt,
    session: int,
    completion: Completion,
    reward: float | dict[str, Any],
    *,
    seconds: float,
    step: int | None,
) -> dict[str, Any]:
    """Return a rollout as verl's worker puts it into the queue, but for the columns that nothing reads again."""
    n_tokens = len(completion.token_ids)
    terms = reward if isinstance(reward, dict) else {"acc": reward}
    output = AgentLoopOutput(
        prompt_ids=prompt.token_ids,
        response_ids=completion.token_ids,
        response_mask=[1] * n_tokens,
        response_logprobs=completion.log_probs,
        reward_score=terms.get("score", reward),
        num_turns=2,
        metrics=AgentLoopMetrics(generate_sequences=seconds, num_preempted=-1),
        extra_fields={
            "global_steps": step,
            "min_global_steps": step,
            "max_global_steps": step,
            "turn_scores": [],
            "tool_rewards": [],
            "reward_extra_info": terms,
        },
    )
    fields = output.as_dict() | {key: prompt.row[key] for key in QUEUED_COLUMNS}
    return fields | {
        "session_id": session,
        "loss_mask": fields["response_mask"],
        "input_ids": torch.cat([fields["prompts"], fields["responses"]]),
        "position_ids": extend_positions(prompt.positions, n_tokens),
        "multi_modal_inputs": prompt.inputs,
    }


def _tag(fields: dict[str, Any]) -> dict[str, Any]:
    """Return what verl's replay buffer and its metrics want to know of a rollout."""
    lengths = len(fields["prompts"]), len(fields["responses"])
    return {
        "status": "success",
        "prompt_len": lengths[0],
        "response_len": lengths[1],
        "seq_len": sum(lengths),
        "global_steps": fields["global_steps"],
        "min_global_steps": fields["extra_fields"]["min_global_steps"],
        "max_global_steps": fields["extra_fields"]["max_global_steps"],
    }


async def _mark(uids: Sequence[str], partition: str, status: str) -> None:
    await transfer_queue.async_kv_batch_put(
        keys=list(uids), partition_id=partition, tags=[{"status": status} for _ in uids]
    )
