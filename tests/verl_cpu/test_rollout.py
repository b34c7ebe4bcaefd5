import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from verl.workers.config import HFModelConfig

from proguard.verl_cpu import rollout
from proguard.verl_cpu.rollout import HfServer

PARAMS = {"temperature": 1.0, "top_p": 1.0, "top_k": -1, "repetition_penalty": 1.0, "step": 1}


@pytest.fixture(scope="module")
def model_config(toy_folder: Path) -> HFModelConfig:
    return HFModelConfig(path=str(toy_folder / "model"), override_config={"attn_implementation": "sdpa"})


def ask(model_config: HFModelConfig, *, sessions: int, rollouts: int, **changes: Any) -> list[Any]:
    """Ask a new server for ``sessions`` completions of a batch of ``rollouts``; errors are returned."""

    async def main() -> list[Any]:
        server = HfServer(SimpleNamespace(seed=1, response_length=4, max_num_seqs=8), model_config)
        asked = [
            server.generate([10, 11], PARAMS | {"session": session, "rollouts": rollouts} | changes, request_id="")
            for session in range(sessions)
        ]
        return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(main())


def test_generate_full_batch_gives_each_its_completion(model_config: HFModelConfig):
    first, second = ask(model_config, sessions=2, rollouts=2)
    assert len(first.token_ids) == len(first.log_probs) == 4
    assert first.token_ids != second.token_ids


def test_generate_rollout_missing_raises_instead_of_waiting(model_config: HFModelConfig, monkeypatch):
    monkeypatch.setattr(rollout, "ARRIVAL_SECONDS", 0.01)
    errors = ask(model_config, sessions=2, rollouts=3)
    assert [str(error) for error in errors] == [
        "2 of 3 rollouts were asked for within 0 s; the others failed before"
    ] * 2


def test_generate_failure_is_raised_to_each_rollout(model_config: HFModelConfig, monkeypatch):
    def fail(*args: Any, **kwargs: Any) -> None:
        raise MemoryError("no room for the cache")

    monkeypatch.setattr(rollout, "complete", fail)
    errors = ask(model_config, sessions=2, rollouts=2)
    assert [repr(error) for error in errors] == ["MemoryError('no room for the cache')"] * 2


def test_generate_top_k_names_the_key(model_config: HFModelConfig):
    errors = ask(model_config, sessions=1, rollouts=1, top_k=20)
    assert "rollout.top_k is 20" in str(errors[0])
