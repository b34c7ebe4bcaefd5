"""What verl's reward workers import: verl's signature around `proguard.reward.score`.

Calls that arrive together are scored together, so that free names are embedded in batches. An error here ends the
training: verl would drop the sample and go on, so the error is written down first and the stage looks for it.
"""

import asyncio
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from proguard.naming import NameBank, SimilarityConfig
from proguard.reward.config import RewardConfig
from proguard.reward.score import Reward, score
from proguard.rl_train.name_embedder import SharedEncoder
from proguard.rl_train.rows import target_from_json
from proguard.storage.files import append_json_lines
from proguard.target import Target
from proguard.taxonomy import load_taxonomy

GATHER_SECONDS = 0.02
"""How long the first call of a batch waits for others."""

_pending: list[tuple[str, Target, asyncio.Future[Reward]]] = []


async def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
    *,
    taxonomy: str,
    similarity: Mapping[str, Any],
    reward: Mapping[str, Any],
    embedder_gpus: float | None,
    failures: str,
) -> dict[str, float]:
    """Return ``score`` for GRPO and its terms for verl to log.

    The parameters before the star are verl's (verl/experimental/reward_loop/reward_manager/naive.py); the others come
    from ``reward.custom_reward_function.reward_kwargs``.

    Args:
        taxonomy: Path of the taxonomy file.
        similarity: Fields of `SimilarityConfig`.
        reward: Fields of `RewardConfig`.
        embedder_gpus: GPU share of the actor that embeds names for all workers; ``None`` embeds them in this process.
        failures: File that an error is appended to.
    """
    try:
        bank = _load_bank(taxonomy, tuple(sorted(similarity.items())), embedder_gpus)
        earned = await _score_with_others(solution_str, target_from_json(ground_truth), bank, RewardConfig(**reward))
    except BaseException:
        with Path(failures).open("ab") as file:
            append_json_lines(file, [{"completion": solution_str, "error": traceback.format_exc()}])
        raise
    return {
        "score": earned.total,
        "request": earned.request,
        "response": earned.response,
        "category": earned.category,
        "bonus": earned.bonus,
        "named": float(earned.is_named),
        "malformed": float(earned.status != "ok"),
    }


@cache
def _load_bank(taxonomy: str, similarity: tuple[tuple[str, Any], ...], embedder_gpus: float | None) -> NameBank:
    config = SimilarityConfig(**dict(similarity))
    encode = None if embedder_gpus is None else SharedEncoder(config, num_gpus=embedder_gpus)
    return NameBank(load_taxonomy(taxonomy), config, encode)


async def _score_with_others(completion: str, target: Target, bank: NameBank, config: RewardConfig) -> Reward:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Reward] = loop.create_future()
    _pending.append((completion, target, future))
    if len(_pending) == 1:
        await asyncio.sleep(GATHER_SECONDS)
        _score_pending(bank, config)
    return await future


def _score_pending(bank: NameBank, config: RewardConfig) -> None:
    batch = _pending.copy()
    _pending.clear()
    try:
        rewards = score([c for c, _, _ in batch], [t for _, t, _ in batch], bank, config)
    except Exception as error:
        for _, _, future in batch:
            future.set_exception(error)
        return
    for (_, _, future), reward in zip(batch, rewards, strict=True):
        future.set_result(reward)
