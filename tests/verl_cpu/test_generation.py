from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from proguard.verl_cpu.generation import complete, cut
from proguard.verl_cpu.sampling import Rollout, Sampling, image_digest
from tests.verl_cpu import toy

SAMPLING = Sampling(seed=3, temperature=0.7, top_p=1.0, max_tokens=12, eos_ids=(2,), pad_id=0, banned_ids=(3, 4, 5, 6))


@pytest.fixture(scope="module")
def model(toy_folder: Path):
    return AutoModelForImageTextToText.from_pretrained(toy_folder / "model", attn_implementation="sdpa")


@pytest.fixture(scope="module")
def processor(toy_folder: Path):
    return AutoProcessor.from_pretrained(toy_folder / "model")


def rollouts(processor, *, sessions: int) -> list[Rollout]:
    """Two rows of text and two with an image, each of another length."""
    made = []
    for index in range(4):
        row = toy.row(index, text_words=3 + 4 * index)
        images = row["images"]
        parts = [{"type": "image"}] * len(images) + [{"type": "text", "text": toy.words(3 + index, seed=index)}]
        text = processor.apply_chat_template([{"role": "user", "content": parts}], add_generation_prompt=True)
        ids = processor(text=[text], images=images or None)["input_ids"][0]
        digests = tuple(image_digest(image) for image in images)
        made += [Rollout(tuple(ids), tuple(images), digests, step=1, session=session) for session in range(sessions)]
    return made


def plain_log_probs(model, processor, rollout: Rollout, token_ids: list[int]) -> torch.Tensor:
    """Score a completion alone, without padding, cache or our positions."""
    ids = torch.tensor([[*rollout.token_ids, *token_ids]])
    pixels = processor.image_processor(images=list(rollout.images), return_tensors="pt") if rollout.images else {}
    is_image = (ids == model.config.image_token_id).int()
    with torch.no_grad():
        logits = model(input_ids=ids, mm_token_type_ids=is_image, **pixels).logits / SAMPLING.temperature
    scores = logits[0, len(rollout.token_ids) - 1 : -1].log_softmax(-1)
    return scores.gather(-1, torch.tensor(token_ids)[:, None])[:, 0]


def test_complete_log_probs_are_those_of_a_plain_forward(model, processor):
    asked = rollouts(processor, sessions=2)
    for rollout, completion in zip(
        asked, complete(model, processor.image_processor, asked, SAMPLING, rows=8), strict=True
    ):
        expected = plain_log_probs(model, processor, rollout, completion.token_ids)
        assert completion.log_probs == pytest.approx(expected.tolist(), abs=1e-4)


def test_complete_other_order_gives_the_same_bits(model, processor):
    asked = rollouts(processor, sessions=3)
    once = complete(model, processor.image_processor, asked, SAMPLING, rows=12)
    again = complete(model, processor.image_processor, asked[::-1], SAMPLING, rows=12)
    assert once == again[::-1]


def test_complete_sessions_and_steps_differ_and_equal_rollouts_do_not(model, processor):
    first, second = rollouts(processor, sessions=2)[:2]
    asked = [first, second, replace(first, step=2), first]
    completions = complete(model, processor.image_processor, asked, SAMPLING, rows=4)
    assert len({tuple(completion.token_ids) for completion in completions}) == 3
    assert completions[0] == completions[3]


def test_complete_fewer_rows_at_a_time_draws_the_same_tokens(model, processor):
    asked = rollouts(processor, sessions=2)
    together = complete(model, processor.image_processor, asked, SAMPLING, rows=8)
    apart = complete(model, processor.image_processor, asked, SAMPLING, rows=3)
    assert [completion.token_ids for completion in together] == [completion.token_ids for completion in apart]


def test_complete_never_draws_a_banned_token_and_ends_at_eos(model, processor):
    # All but the end token and two others are banned, so that the end comes soon.
    banned = tuple(token for token in range(len(processor.tokenizer)) if token not in (2, 50, 51))
    sampling = replace(SAMPLING, banned_ids=banned, max_tokens=40)
    completions = complete(model, processor.image_processor, rollouts(processor, sessions=2), sampling, rows=8)
    for completion in completions:
        assert set(completion.token_ids) <= {2, 50, 51}
        assert completion.token_ids.index(2) == len(completion.token_ids) - 1


def test_cut_keeps_the_first_end_token_and_rows_without_one():
    tokens = torch.tensor([[5, 2, 7, 2], [5, 6, 7, 8], [2, 2, 2, 2]])
    log_probs = -tokens.float()
    completions = cut(tokens, log_probs, torch.tensor([2]))
    assert [completion.token_ids for completion in completions] == [[5, 2], [5, 6, 7, 8], [2]]
    assert completions[0].log_probs == [-5.0, -2.0]
