"""Estimates: their shape, the paired difference, and what metrics.json holds where a metric is undefined."""

import json
import math

import pytest

from proguard.evaluate.metrics.estimate import DIFFERENCE, Estimate, measure, to_json, trend
from tests.outcomes import make_outcome


def pair(n: int):
    """Outcomes of two guards on the same rows: rewards vary by row, and the trained one earns exactly 1 more."""
    base = [make_outcome("C7S3", reward=i % 3, group=f"g{i}") for i in range(n)]
    slots = [{f: getattr(o, f) for f in o.__slots__} for o in base]
    return {"base": base, "proguard": [type(base[0])(**s | {"reward": s["reward"] + 1.0}) for s in slots]}


def run(outcomes, **options):
    settings = {"baseline": "base", "trained": "proguard", "n_resamples": 300, "confidence": 0.95, "seed": 0}
    return measure(outcomes, **settings | options)


def test_measure_difference_is_paired():
    found = run(pair(30))
    # Rewards spread widely, so each guard's interval is wide; row by row the gain is 1 and has no spread.
    assert found["base"]["all"]["reward"]["mean"].high - found["base"]["all"]["reward"]["mean"].low > 0.3
    gain = found[DIFFERENCE]["all"]["reward"]["mean"]
    assert (gain.value, gain.low, gain.high, gain.n) == pytest.approx((1.0, 1.0, 1.0, 30))


def test_measure_has_every_modality_with_rows_and_all():
    rows = [make_outcome("C7S2"), make_outcome("C7S2", modality="image")]
    found = run({"base": rows, "proguard": rows})
    assert list(found["proguard"]) == ["all", "text", "image"]
    assert found["proguard"]["image"]["categorization"]["accuracy"].n == 1


def test_measure_without_baseline_has_no_difference():
    assert set(run({"proguard": [make_outcome("C7S2")]})) == {"proguard"}


def test_measure_value_lies_in_its_interval():
    found = run(pair(40))["base"]["all"]["reward"]["mean"]
    assert found.low <= found.value <= found.high


def test_measure_guards_on_other_rows_raises():
    with pytest.raises(ValueError, match="base and proguard were not asked about the same rows"):
        run({"base": [make_outcome("C7S2")], "proguard": [make_outcome("C7S2")]})


def test_measure_guard_called_difference_raises():
    with pytest.raises(ValueError, match="keeps the name for itself"):
        run({DIFFERENCE: [make_outcome("C7S2")]})


def test_to_json_undefined_is_null_with_n_0():
    content = to_json(run({"proguard": [make_outcome("C7S2", modality="image")]}))
    assert content["proguard"]["all"]["response_safety"]["f1"] == {
        "value": None,
        "low": None,
        "high": None,
        "n": 0,
    }
    assert "NaN" not in json.dumps(content, allow_nan=False)


@pytest.mark.parametrize(
    ("low", "high", "direction", "expected"),
    [
        (0.1, 0.2, "higher", "better"),
        (-0.2, -0.1, "higher", "worse"),
        (-0.1, 0.1, "higher", "unclear"),
        (0.0, 0.1, "higher", "unclear"),
        (0.1, 0.2, "lower", "worse"),
        (-0.2, -0.1, "lower", "better"),
        (math.nan, math.nan, "higher", "unclear"),
    ],
)
def test_trend_known_value(low, high, direction, expected):
    assert trend(Estimate(0.0, low, high, 1), direction) == expected
