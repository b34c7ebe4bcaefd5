import pytest
import torch
from PIL import Image

from proguard.verl_cpu.sampling import (
    Rollout,
    Sampling,
    draw,
    image_digest,
    keep_top_p,
    order_key,
    pad_left,
    uniforms,
)


def rollout(*token_ids: int, session: int = 0, step: int = 1) -> Rollout:
    return Rollout(token_ids=token_ids, images=(), image_digests=(), step=step, session=session)


def sampling(**changes) -> Sampling:
    defaults = {"seed": 1, "temperature": 1.0, "top_p": 1.0, "max_tokens": 8, "eos_ids": (2,), "pad_id": 0}
    return Sampling(**defaults | {"banned_ids": ()} | changes)


def test_image_digest_other_pixel_differs():
    image, other = Image.new("RGB", (4, 4)), Image.new("RGB", (4, 4))
    assert image_digest(image) == image_digest(other)
    other.putpixel((1, 1), (0, 0, 1))
    assert image_digest(image) != image_digest(other)


def test_image_digest_same_bytes_other_shape_differs():
    assert image_digest(Image.new("RGB", (2, 8))) != image_digest(Image.new("RGB", (8, 2)))


def test_order_key_any_order_sorts_equally_and_by_length():
    rollouts = [rollout(5, 6, 7), rollout(9, session=1), rollout(9, session=0), rollout(1, 2)]
    ordered = sorted(rollouts, key=order_key)
    assert ordered == sorted(reversed(rollouts), key=order_key)
    assert ordered == [rollouts[2], rollouts[1], rollouts[3], rollouts[0]]


def test_uniforms_own_stream_for_each_name():
    drawn = uniforms(rollout(1), sampling())
    assert torch.equal(drawn, uniforms(rollout(1), sampling()))
    others = [
        uniforms(rollout(2), sampling()),
        uniforms(rollout(1, session=1), sampling()),
        uniforms(rollout(1, step=2), sampling()),
        uniforms(rollout(1), sampling(seed=2)),
    ]
    assert not any(torch.equal(drawn, other) for other in others)


def test_draw_inverts_the_cumulative_distribution():
    # Probabilities 1/4, 1/2, 1/4: [0, .25) is token 0, [.25, .75) token 1, [.75, 1) token 2.
    logits = torch.tensor([0.25, 0.5, 0.25]).log().expand(5, 3)
    tokens, log_probs = draw(logits, torch.tensor([0.0, 0.24, 0.25, 0.74, 0.999]), sampling())
    assert tokens.tolist() == [0, 0, 1, 1, 2]
    assert log_probs.exp().tolist() == pytest.approx([0.25, 0.25, 0.5, 0.5, 0.25])


def test_draw_largest_uniform_stays_in_the_vocabulary():
    logits = torch.randn(64, 2000, generator=torch.Generator().manual_seed(0))
    tokens, _ = draw(logits, torch.full((64,), 1 - 2**-24), sampling(banned_ids=(1999,)))
    assert tokens.max() < 1999


def test_draw_banned_token_never_drawn_and_left_in_the_log_probs():
    # 0.9 is banned; the rest is 0.1, whose own log-probability stays log 0.1.
    logits = torch.tensor([[0.9, 0.1]]).log()
    tokens, log_probs = draw(logits, torch.tensor([0.0]), sampling(banned_ids=(0,)))
    assert tokens.tolist() == [1]
    assert log_probs.exp().tolist() == pytest.approx([0.1])


def test_draw_temperature_scales_the_log_probs():
    # Logits 0 and log 4 at temperature 2 are 0 and log 2: probabilities 1/3 and 2/3.
    logits = torch.tensor([[0.0, 4.0]]).log().nan_to_num(neginf=0.0)
    _, log_probs = draw(logits, torch.tensor([0.9]), sampling(temperature=2.0))
    assert log_probs.exp().tolist() == pytest.approx([2 / 3])


def test_draw_temperature_zero_takes_the_likeliest_allowed():
    logits = torch.tensor([[3.0, 2.0, 1.0]])
    tokens, _ = draw(logits, torch.tensor([0.999]), sampling(temperature=0.0, banned_ids=(0,)))
    assert tokens.tolist() == [1]


def test_keep_top_p_keeps_the_smallest_set():
    # In order 0.5, 0.3, 0.2: before the third there is 0.8, so top-p 0.7 drops it and 0.81 keeps it.
    probs = torch.tensor([[0.3, 0.5, 0.2]])
    assert keep_top_p(probs, 0.7).tolist() == [pytest.approx([0.3, 0.5, 0.0])]
    assert keep_top_p(probs, 0.81).tolist() == [pytest.approx([0.3, 0.5, 0.2])]
    assert keep_top_p(probs, 0.01).tolist() == [pytest.approx([0.0, 0.5, 0.0])]


def test_pad_left_aligns_the_ends():
    ids, mask = pad_left([(1, 2, 3), (4,)], pad_id=9)
    assert ids.tolist() == [[1, 2, 3], [9, 9, 4]]
    assert mask.tolist() == [[1, 1, 1], [0, 0, 1]]
