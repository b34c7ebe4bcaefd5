import asyncio
from types import SimpleNamespace

import pytest
import torch
import transfer_queue
from tensordict import NonTensorData, NonTensorStack, TensorDict
from transformers import AutoModelForImageTextToText

from proguard.verl_cpu.worker import BatchWorker, extend_positions, split_rows


def test_split_rows_gives_each_row_its_columns():
    batch = TensorDict(
        {"index": torch.tensor([3, 4]), "uid": NonTensorStack("a", "b"), "step": NonTensorData(7)}, batch_size=2
    )
    rows = split_rows(batch)
    assert [(int(row["index"]), row["uid"], row["step"]) for row in rows] == [(3, "a", 7), (4, "b", 7)]


@pytest.mark.parametrize("has_image", [False, True])
@pytest.mark.parametrize("n_tokens", [1, 5])
def test_extend_positions_equals_the_models_own_positions(toy_folder, has_image: bool, n_tokens: int):
    toy_model = AutoModelForImageTextToText.from_pretrained(toy_folder / "model")
    image_id = toy_model.config.image_token_id
    prompt = torch.tensor([[10, 11, *([image_id] * 4 if has_image else []), 12]])
    grid = torch.tensor([[1, 4, 4]]) if has_image else None

    def positions(ids: torch.Tensor) -> torch.Tensor:
        is_image = (ids == image_id).int()
        rotary, _ = toy_model.model.get_rope_index(
            ids, mm_token_type_ids=is_image, image_grid_thw=grid, attention_mask=torch.ones_like(ids)
        )
        return torch.cat([torch.arange(ids.shape[1])[None], rotary[:, 0]])

    whole = torch.cat([prompt, torch.full((1, n_tokens), 13)], 1)
    assert torch.equal(extend_positions(positions(prompt), n_tokens), positions(whole))


def test_batch_that_fails_is_marked_as_failed(monkeypatch):
    marked = []

    async def put(*, keys, partition_id, tags):
        marked.append((keys, partition_id, [tag["status"] for tag in tags]))

    monkeypatch.setattr(transfer_queue, "async_kv_batch_put", put)
    worker = BatchWorker.__new__(BatchWorker)
    worker.config = SimpleNamespace()
    asyncio.run(worker._run_batch([{"uid": "a"}, {"uid": "b"}], is_validation=False))
    assert marked == [(["a", "b"], "train", ["running"] * 2), (["a", "b"], "train", ["failure"] * 2)]
