"""Both suites measured for every guard: what metrics.json holds of them, and what the report shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proguard.evaluate.metrics.estimate import Estimate
from proguard.evaluate.suites.drift import measure_drift
from proguard.evaluate.suites.honesty import measure_changes, measure_rests
from proguard.evaluate.suites.pairs import Pair
from proguard.variant import Suite

ByChange = Mapping[str, Mapping[str, Estimate]]
"""Change, or kind of row, then name of the share."""


@dataclass(frozen=True, slots=True)
class Suites:
    """Estimates of both suites by guard; empty where no row was changed."""

    drift: Mapping[str, ByChange] = field(default_factory=dict)
    """By guard and change."""

    changes: Mapping[str, Mapping[str, ByChange]] = field(default_factory=dict)
    """By guard, change and kind of row."""

    rests: Mapping[str, ByChange] = field(default_factory=dict)
    """By guard and what held the risk."""

    def as_metrics(self) -> dict[str, Any]:
        """Return what metrics.json holds under `SUITES_KEY`."""
        return {
            "policy_drift": self.drift,
            "modality_honesty": {
                guard: {"changes": self.changes[guard], "rests_on": self.rests[guard]} for guard in self.changes
            },
        }


SUITES_KEY = "suites"
"""Key of metrics.json beside the guards' names."""


def measure_suites(pairs: Mapping[str, Sequence[Pair]], *, n_resamples: int, confidence: float, seed: int) -> Suites:
    """Return the estimates of every guard.

    Args:
        pairs: By guard, over the same variants.
        n_resamples: How often the bootstrap draws, at least 1.
        confidence: Share of resamples inside an interval, in (0, 1).
        seed: Seed of the draws.

    Raises:
        ValueError: When a guard is called `SUITES_KEY`.
    """
    if SUITES_KEY in pairs:
        raise ValueError(f"a guard must not be called {SUITES_KEY!r}: metrics.json keeps the name for itself")
    bootstrap = {"n_resamples": n_resamples, "confidence": confidence, "seed": seed}
    drift, honesty = (
        {g: _of(own, suite) for g, own in pairs.items()} for suite in ("policy_drift", "modality_honesty")
    )
    return Suites(
        drift={guard: measure_drift(own, **bootstrap) for guard, own in drift.items() if own},
        changes={guard: measure_changes(own, **bootstrap) for guard, own in honesty.items() if own},
        rests={guard: measure_rests(own, **bootstrap) for guard, own in honesty.items() if own},
    )


def _of(pairs: Sequence[Pair], suite: Suite) -> list[Pair]:
    return [pair for pair in pairs if pair.variant.suite == suite]
