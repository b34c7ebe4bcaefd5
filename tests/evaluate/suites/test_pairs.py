"""When two verdicts mean the same, and when one is right."""

from dataclasses import replace

import pytest

from proguard.evaluate.suites.pairs import pair_up
from proguard.policy import Policy
from proguard.readings.reading import UNASKED
from proguard.readings.table import Prediction
from tests.suites import MERGED_POLICY, UNREAD, make_pair, make_text_row, say
from tests.worlds import taxonomy

TURNED = Policy("subcategory", (("A2", "C7S2"), ("A3", "C8S1"), ("A1", "C9S2")), ("C5S1",))
WITHOUT = Policy("subcategory", (("A2", "C8S1"), ("A3", "C9S2")), ("C5S1", "C7S2"))


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (say("A1"), say("A2", TURNED), True),  # the new id of the same category
        (say("A1"), say("A1", TURNED), False),  # the same id, of another category now
        (say(None), say(None), True),
        (say("A1"), say(None), False),
        (say("Odd Matters"), say("Strange Things"), True),  # any name of its own
        (say("Odd Matters"), say("A1", TURNED), False),
        (say("A1"), say("A9", TURNED), False),  # an id that nobody gave
        (UNREAD, UNREAD, True),
        (say(None), UNREAD, False),
    ],
)
def test_verdicts_are_the_same_when_they_mean_the_same(before, after, same):
    assert make_pair(before, after, policy=TURNED).keeps_verdict is same


def test_merged_category_is_the_same_as_each_that_is_in_it():
    after = say("A2", MERGED_POLICY)
    assert make_pair(say("A1"), after, policy=MERGED_POLICY, category="C7S2 + C8S1").keeps_verdict
    assert make_pair(say("A2"), after, policy=MERGED_POLICY, category="C7S2 + C8S1").keeps_verdict
    assert not make_pair(say("A3"), after, policy=MERGED_POLICY, category="C7S2 + C8S1").keeps_verdict


def test_right_id_follows_the_policy():
    assert make_pair(say("A1"), say("A2", TURNED), policy=TURNED).is_right
    assert not make_pair(say("A1"), say("A1", TURNED), policy=TURNED).is_right
    assert make_pair(say("A1"), say("A2", MERGED_POLICY), policy=MERGED_POLICY, category="C7S2 + C8S1").is_right


def test_lost_category_has_to_be_named():
    assert make_pair(say("A1"), say("Militant Plots", WITHOUT), policy=WITHOUT).is_right
    assert not make_pair(say("A1"), say("A2", WITHOUT), policy=WITHOUT).is_right
    assert not make_pair(say("A1"), say("Unknown Risk", WITHOUT), policy=WITHOUT).is_right
    assert not make_pair(say("A1"), say(taxonomy()["C8S1"].name, WITHOUT), policy=WITHOUT).is_right


def test_safe_row_is_right_when_it_is_called_safe():
    row = make_text_row(None)
    assert make_pair(say(None), say(None), row=row, category=None).is_right
    pair = make_pair(say(None), UNREAD, row=row, category=None)
    assert (pair.was_right, pair.is_right) == (True, False)


def test_unmapped_risk_is_not_known():
    row = make_text_row()
    assert not make_pair(say("A1"), say("A1"), row=row, category=None).is_known
    assert make_pair(say("A1"), say("A1")).is_known


def test_guard_that_reads_no_policy_is_told_apart():
    blind = replace(say("A1"), reads_policy=False)
    assert not make_pair(blind, blind).reads_policy
    assert make_pair(blind, blind).was_asked
    assert not make_pair(say("A1"), UNASKED).was_asked


def test_pair_up_names_a_variant_without_a_prediction():
    pair = make_pair(say("A1"), say("A1"))
    changed = replace(pair.variant.row, sample=replace(pair.variant.row.sample, id="new"))
    variant, row = replace(pair.variant, row=changed), pair.row
    found = {row.sample.id: Prediction("own", say("A1"), {}), "new": Prediction("own", say("A1"), {})}
    [made] = pair_up([variant], {row.sample.id: row}, found, found, taxonomy())
    assert (made.before, made.after) == (say("A1"), say("A1"))
    with pytest.raises(ValueError, match="variant new has no prediction: run dvc repro"):
        pair_up([variant], {row.sample.id: row}, found, {}, taxonomy())
    with pytest.raises(ValueError, match="variant new has no row"):
        pair_up([variant], {}, found, found, taxonomy())
