"""Policy drift, by hand."""

from dataclasses import replace
from math import isnan

from proguard.evaluate.suites.drift import measure_drift
from proguard.policy import Policy
from tests.suites import make_pair, make_text_row, say

TURNED = Policy("subcategory", (("A2", "C7S2"), ("A3", "C8S1"), ("A1", "C9S2")), ("C5S1",))
BOOTSTRAP = {"n_resamples": 50, "confidence": 0.95, "seed": 0}


def renumbered(before, after, group):
    return make_pair(before, after, row=make_text_row(group=group), policy=TURNED, change="renumbered")


def test_measure_drift_by_hand():
    """Four rows of C7S2, which A1 was and A2 is."""
    pairs = [
        renumbered(say("A1"), say("A2", TURNED), "a"),  # right and right: it followed
        renumbered(say("A1"), say("A1", TURNED), "b"),  # right, then the old id: C9S2 now
        renumbered(say("A2"), say("A3", TURNED), "c"),  # C8S1 both times: the same verdict, wrong
        renumbered(say(None), say("A2", TURNED), "d"),  # missed, then right
    ]
    found = measure_drift(pairs, **BOOTSTRAP)["renumbered"]
    values = {name: estimate.value for name, estimate in found.items()}
    assert values == {
        "same": 2 / 4,
        "same_labels": 3 / 4,
        "right_before": 2 / 4,
        "right_after": 2 / 4,
        "change": 0.0,
        "followed": 1 / 2,
        "old_id": 1 / 3,
        "listed": 4 / 4,
    }
    assert (found["followed"].n, found["old_id"].n, found["same"].n) == (2, 3, 4)


def test_measure_drift_of_a_guard_that_reads_no_policy_is_undefined():
    blind = replace(say("A1"), reads_policy=False)
    found = measure_drift([renumbered(blind, blind, "a")], **BOOTSTRAP)["renumbered"]
    assert all(isnan(estimate.value) and estimate.n == 0 for estimate in found.values())
