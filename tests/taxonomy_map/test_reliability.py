import numpy as np
import pytest

from proguard.taxonomy_map.reliability import estimate_truth
from proguard.taxonomy_map.vote import Vote


def votes_of(**said):
    return [Vote(str(i), name, code) for name, codes in said.items() for i, code in enumerate(codes)]


def draw(rng, truth, right):
    return ["xyz"[t if rng.random() < right else rng.integers(3)] for t in truth]


def test_estimate_truth_one_round_worked_by_hand():
    # Two samples, two annotators: both say x on the first, they differ on the second. Start: x 1; x .5, y .5. Prior:
    # x .75, y .25. Tables, with half a vote in each cell: a says x of x (1.5 + .5) / 2.5 = .8, x of y (.5 + .5) / 1.5 =
    # .6667; b says x of x (1 + .5) / 2.5 = .6, x of y .5 / 1.5 = .3333. First: .75 * .8 * .6 = .36 against .25 * .6667 *
    # .3333 = .0556. Second: .75 * .8 * .4 = .24 against .25 * .6667 * .6667 = .1111.
    truth = estimate_truth(votes_of(a="xx", b="xy"), max_steps=1)
    assert truth["0"]["x"] == pytest.approx(0.36 / (0.36 + 0.25 * 2 / 9))
    assert truth["1"]["x"] == pytest.approx(0.24 / (0.24 + 0.25 * 4 / 9))


def test_estimate_truth_trusts_the_one_good_annotator_over_two_bad_ones():
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=600)
    said = {"good": draw(rng, truth, 0.9), "bad": draw(rng, truth, 0.2), "worse": draw(rng, truth, 0.1)}
    estimated = estimate_truth(votes_of(**said))
    right = [max(p, key=p.get) == "xyz"[truth[int(id_)]] for id_, p in estimated.items()]
    majority = [max("xyz", key=[s[i] for s in said.values()].count) == "xyz"[t] for i, t in enumerate(truth)]
    assert np.mean(right) > 0.85
    assert np.mean(right) > np.mean(majority) + 0.15


def test_estimate_truth_probabilities_sum_to_one_and_order_does_not_matter():
    votes = votes_of(a="xyzx", b="xxzz", c="yyzx")
    truth = estimate_truth(votes)
    assert all(sum(p.values()) == pytest.approx(1) for p in truth.values())
    assert estimate_truth(votes[::-1]) == truth


def test_estimate_truth_of_one_code_is_certain_and_of_no_votes_is_empty():
    assert estimate_truth(votes_of(a="x")) == {"0": {"x": 1.0}}
    assert estimate_truth([]) == {}
