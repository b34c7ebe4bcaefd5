"""Policy drift: how often a verdict survives an edit of the policy, and changes as it should where it should."""

from collections.abc import Mapping, Sequence
from typing import Any

from proguard.evaluate.metrics.estimate import Estimate
from proguard.evaluate.metrics.shares import Counts, estimate_shares
from proguard.evaluate.suites.pairs import Pair

LOST = "lost"
"""The change after which every verdict has to differ: the guard can no longer give the id."""

RENUMBERED = "renumbered"

CHANGE = {"change": ("right_after", "right_before")}


def measure_drift(pairs: Sequence[Pair], **bootstrap: Any) -> dict[str, dict[str, Estimate]]:
    """Return the estimates of one guard by change; those of a guard that reads no policy are undefined.

    ``same``: share of the verdicts that mean the same before and after. ``same_labels``: likewise of the labels alone.
    ``right_before`` and ``right_after``: share of the verdicts that are right, ``change`` their difference.
    ``followed``: of those that were right, the share that still is. ``old_id``: of those that gave an id, the share
    that gives the same one, whatever it means now. ``listed``: share that gives a listed id.

    Args:
        pairs: Pairs of the suite policy_drift.
        bootstrap: ``n_resamples``, ``confidence`` and ``seed``, as in `estimate_shares`.
    """
    by_change: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_change.setdefault(pair.variant.change, []).append(pair)
    return {
        change: estimate_shares(
            _count(own),
            [pair.row.sample.group for pair in own],
            differences=CHANGE,
            **bootstrap,
        )
        for change, own in by_change.items()
    }


def _count(pairs: Sequence[Pair]) -> Mapping[str, Counts]:
    asked = [pair.reads_policy for pair in pairs]
    known = [pair.reads_policy and pair.is_known for pair in pairs]
    was_right = [k and pair.was_right for k, pair in zip(known, pairs, strict=True)]
    is_right = [k and pair.is_right for k, pair in zip(known, pairs, strict=True)]
    gave_id = [pair.reads_policy and pair.before.code is not None for pair in pairs]
    return {
        "same": ([a and p.keeps_verdict for a, p in zip(asked, pairs, strict=True)], asked),
        "same_labels": ([a and p.keeps_labels for a, p in zip(asked, pairs, strict=True)], asked),
        "right_before": (was_right, known),
        "right_after": (is_right, known),
        "followed": ([old and new for old, new in zip(was_right, is_right, strict=True)], was_right),
        "old_id": (
            [g and p.before.category == p.after.category for g, p in zip(gave_id, pairs, strict=True)],
            gave_id,
        ),
        "listed": ([a and p.after.code is not None for a, p in zip(asked, pairs, strict=True)], asked),
    }
