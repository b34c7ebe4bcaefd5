from pathlib import Path

import pytest
import torch
from transformers import AutoModelForImageTextToText

from proguard.verl_cpu.packing import PADDING, Rollouts, pack, predicting_positions, segment_ids, unpack, visible


def rollouts(prompt: list[int], *responses: list[int]) -> Rollouts:
    """With the positions of text: 0, 1, 2, ... in each of the four rows."""
    positions = [torch.arange(len(prompt) + len(response)).expand(4, -1) for response in responses]
    return Rollouts(torch.tensor(prompt), [torch.tensor(response) for response in responses], positions)


TWO = rollouts([7, 8, 9], [1, 2], [3])
"""Packed: 7 8 9 | 1 2 | 3."""


def test_segment_ids_number_the_responses():
    assert segment_ids(TWO).tolist() == [0, 0, 0, 1, 1, 2]


def test_predicting_positions_first_token_comes_from_the_prompt():
    # 1 is predicted at the 9 (place 2), 2 at the 1 (place 3), 3 at the 9 again.
    assert predicting_positions(TWO).tolist() == [2, 3, 2]


def test_visible_response_sees_prompt_and_itself():
    mask = visible(torch.tensor([[0, 0, 1, 1, 2, PADDING]]))[0, 0].int().tolist()
    assert mask == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 0, 0, 1, 0],
        [1, 1, 0, 0, 0, 1],
    ]


def test_pack_rows_of_two_lengths_pads_on_the_right():
    packed = pack([TWO, rollouts([5], [6])])
    assert packed.input_ids.tolist() == [[7, 8, 9, 1, 2, 3], [5, 6, 0, 0, 0, 0]]
    assert packed.position_ids[0].tolist() == [[0, 1, 2, 3, 4, 3], [0, 1, 0, 0, 0, 0]]
    assert packed.labels.tolist() == [1, 2, 3, 6]
    assert [index.tolist() for index in packed.predicting] == [[0, 0, 0, 1], [2, 3, 2, 0]]


def test_unpack_puts_a_value_one_place_before_its_token():
    # The rows 7 8 9 1 2, then 7 8 9 3, then 5 6.
    values = unpack(torch.tensor([10.0, 20.0, 30.0, 60.0]), [TWO, rollouts([5], [6])])
    assert values.tolist() == [0, 0, 10, 20, 0, 0, 0, 30, 0, 60, 0]


def test_pack_log_probs_and_gradients_are_those_of_the_rollouts_alone(toy_folder: Path):
    model = AutoModelForImageTextToText.from_pretrained(toy_folder / "model", attn_implementation="sdpa")
    weight = model.model.language_model.layers[0].self_attn.k_proj.weight
    batch = [rollouts([10, 11, 12, 13], [20, 21, 22], [23, 24]), rollouts([30, 31], [40, 41, 42, 43])]

    packed = pack(batch)
    hidden = model.model(
        input_ids=packed.input_ids, attention_mask=packed.attention_mask, position_ids=packed.position_ids
    ).last_hidden_state[packed.predicting]
    together = model.lm_head(hidden).log_softmax(-1).gather(-1, packed.labels[:, None])[:, 0]
    (gradient,) = torch.autograd.grad(together.sum(), weight)

    alone = []
    for group in batch:
        for response in group.responses:
            logits = model(input_ids=torch.cat([group.prompt, response])[None]).logits[0, len(group.prompt) - 1 : -1]
            alone.append(logits.log_softmax(-1).gather(-1, response[:, None])[:, 0])
    (expected,) = torch.autograd.grad(torch.cat(alone).sum(), weight)
    assert together.tolist() == pytest.approx(torch.cat(alone).tolist(), abs=1e-5)
    assert torch.allclose(gradient, expected, atol=1e-6)
