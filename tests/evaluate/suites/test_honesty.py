"""Modality honesty, by hand."""

from dataclasses import replace
from math import isnan

import pytest

from proguard.evaluate.suites.honesty import measure_changes, measure_rests
from proguard.evaluate.suites.pairs import Pair
from proguard.row import make_row
from proguard.sample import make_sample
from proguard.variant import Variant
from tests.suites import POLICY, say
from tests.worlds import taxonomy

BOOTSTRAP = {"n_resamples": 50, "confidence": 0.95, "seed": 0}


def make_pairs(number, *, before="A1", words="A1", picture=None, carrier="words", label="unsafe"):
    """Return the two pairs of one text with an image: what was said at first, of the words, and of the picture."""
    sample = make_sample(
        source="s",
        modality="text_image",
        request=f"r {number}",
        image="i",
        request_label=label,
        category=None if label == "safe" else "C7S2",
        group=f"{number}",
    )
    row = make_row(sample, POLICY, "shown", taxonomy())
    left = {"safe_picture": carrier == "words", "plain_words": carrier == "picture"}
    pairs = []
    for (change, stays), said in zip(left.items(), (words, picture), strict=True):
        changed = replace(sample, id=f"{sample.id}-{change}", request_label="unsafe" if stays else "safe")
        new = make_row(changed, POLICY, "shown", taxonomy())
        variant = Variant(new, sample.id, "modality_honesty", change, carrier, taxonomy())
        pairs.append(Pair(row, say(before), variant, say(said), taxonomy()))
    return pairs


def test_measure_rests_sorts_verdicts_by_what_cannot_be_taken_away():
    pairs = [
        *make_pairs(1, words="A1", picture=None),
        *make_pairs(2, words="A1", picture=None),
        *make_pairs(3, words="A1", picture="A1"),
        *make_pairs(4, words=None, picture=None),
        *make_pairs(5, words=None, picture="A1", carrier="picture"),
        *make_pairs(6, before=None, words="A1"),  # was not called unsafe
    ]
    rests = measure_rests(pairs, **BOOTSTRAP)
    assert {rest: e.value for rest, e in rests["words"].items()} == {
        "words": 2 / 4,
        "picture": 0,
        "either": 1 / 4,
        "both": 1 / 4,
    }
    assert rests["picture"]["picture"].value == 1
    assert rests["words"]["words"].n == 4


def test_measure_rests_leaves_out_rows_that_lack_a_change():
    assert measure_rests(make_pairs(1)[:1], **BOOTSTRAP) == {}


def test_measure_changes_by_hand():
    """Two rows with the risk in the words: they stay unsafe with a safe picture, and are safe in plain words."""
    pairs = [*make_pairs(1, words="A1", picture="A1"), *make_pairs(2, words=None, picture=None)]
    found = measure_changes(pairs, **BOOTSTRAP)
    swapped, plain = found["safe_picture"]["words"], found["plain_words"]["words"]
    assert (swapped["same_label"].value, swapped["unsafe"].value, swapped["right"].value) == (0.5, 0.5, 0.5)
    assert (plain["same_label"].value, plain["unsafe"].value, plain["right"].value) == (0.5, 0.5, 0.5)
    assert plain["change"].value == pytest.approx(-0.5)


def test_measure_changes_without_a_known_label_has_no_share_of_right_ones():
    pair = make_pairs(1)[0]
    changed = replace(pair.variant.row.sample, request_label=None)
    variant = replace(pair.variant, row=make_row(changed, POLICY, "shown", taxonomy()), carrier=None)
    found = measure_changes([replace(pair, variant=variant)], **BOOTSTRAP)["safe_picture"]["unknown"]
    assert isnan(found["right"].value)
    assert found["same_label"].value == 1
