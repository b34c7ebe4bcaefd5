import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import transformers.integrations.sdpa_attention as sdpa
from verl.workers.config import HFModelConfig

from proguard.verl_cpu import sampler
from proguard.verl_cpu.sampler import Sampler

PARAMS = {"temperature": 1.0, "top_p": 1.0, "top_k": -1}


@pytest.fixture(scope="module")
def model_config(toy_folder: Path) -> HFModelConfig:
    return HFModelConfig(path=str(toy_folder / "model"), override_config={"attn_implementation": "sdpa"})


def ask(model_config: HFModelConfig, prompts: list[list[int]], *, n: int = 2, **changes: Any) -> list[list[int]]:
    """Return the token ids of ``n`` completions of each prompt, from a new server."""
    server = Sampler(SimpleNamespace(seed=1, response_length=4, max_num_seqs=8, dtype="float32"), model_config)
    asked = [(prompt, ()) for prompt in prompts]
    completions, _ = asyncio.run(server.generate(asked, n=n, step=1, params=PARAMS | changes))
    return [completion.token_ids for completion in completions]


def test_generate_gives_each_prompt_n_completions_side_by_side(model_config: HFModelConfig):
    both = ask(model_config, [[10, 11], [12, 13]])
    assert [len(tokens) for tokens in both] == [4] * 4
    assert ask(model_config, [[12, 13], [10, 11]]) == both[2:] + both[:2]
    assert both[0] != both[1]


def test_generate_failure_is_raised(model_config: HFModelConfig, monkeypatch):
    def fail(*args: Any, **kwargs: Any) -> None:
        raise MemoryError("no room for the cache")

    monkeypatch.setattr(sampler, "complete", fail)
    with pytest.raises(MemoryError, match="no room"):
        ask(model_config, [[10, 11]])


def test_generate_top_k_names_the_key(model_config: HFModelConfig):
    with pytest.raises(ValueError, match=r"rollout\.top_k is 20"):
        ask(model_config, [[10, 11]], top_k=20)


@pytest.mark.parametrize("n_queries", [1, 7])
def test_heads_that_share_keys_give_the_same_numbers_as_copies(n_queries: int):
    query = torch.randn(5, 4, n_queries, 16, generator=torch.manual_seed(0))
    key, value = torch.randn(2, 5, 2, 9, 16)
    mask = torch.rand(5, 1, n_queries, 9) > 0.3
    mask[..., 0] = True
    module = SimpleNamespace(num_key_value_groups=2)
    assert sdpa.use_gqa_in_sdpa(mask, key)
    shared, _ = sdpa.sdpa_attention_forward(module, query, key, value, mask)
    copies = (sdpa.repeat_kv(each, 2) for each in (key, value))
    copied = torch.nn.functional.scaled_dot_product_attention(query, *copies, attn_mask=mask)
    assert torch.equal(shared, copied.transpose(1, 2))
