"""Figures are drawn from what there is, and equal inputs give equal bytes."""

import polars as pl
import pytest

from proguard.evaluate.metrics.confusion import confusion_labels, score_categories
from proguard.evaluate.metrics.estimate import DIFFERENCE, measure
from proguard.evaluate.report import figures
from proguard.evaluate.report.term_curves import draw_terms
from tests.outcomes import make_outcome
from tests.worlds import taxonomy

TERMS = pl.DataFrame(
    {
        "step": [1, 1, 2],
        "modality": ["text", "image", "text"],
        "role": ["free", "hidden", "hidden"],
        "groups": [2, 1, 1],
        "flat_groups": [1, 0, 1],
        **{term: [1.0, 0.5, 0.0] for term in ("format", "request", "response", "category")},
    }
)
STEPS = {"step": [1, 2, 3], "reward": [1.0, 1.5, 2.0]}


def draw_all():
    rows = [make_outcome("C7S2", modality=m, group=m) for m in ("text", "image")]
    options = {"baseline": "base", "trained": "proguard", "n_resamples": 20, "confidence": 0.95, "seed": 0}
    gain = measure({"base": rows, "proguard": rows}, **options)[DIFFERENCE]
    scores = score_categories(rows, ["C7", "C1"])
    labels = confusion_labels(taxonomy())
    return [
        figures.draw_gains(gain),
        figures.draw_curve(pl.DataFrame(STEPS)),
        draw_terms(TERMS),
        figures.draw_confusion([("Safe", "Safe"), ("Not listed", "C1 Copyright")], labels),
        figures.draw_categories([figures.CategoryLine(s.code, s, s) for s in scores]),
    ]


def test_figures_are_equal_to_the_byte():
    assert draw_all() == draw_all()


def test_figures_hold_no_date_and_no_address_to_fetch():
    for svg in draw_all():
        assert "<dc:date>" not in svg
        assert 'href="http' not in svg


@pytest.mark.parametrize(
    "extra",
    [
        {"reward_text": [1.0, None, 2.0], "malformed_rate": [0.1, 0.0, 0.0]},
        {"reward_image": [float("nan")] * 3, "kl": [0.0, 0.1, 0.2]},
        {"reward_image": pl.Series([None] * 3, dtype=pl.String)},
        {},
    ],
)
def test_draw_curve_tolerates_absent_columns_and_gaps(extra):
    assert "<svg" in figures.draw_curve(pl.DataFrame(STEPS | extra))


def test_draw_categories_without_listed_rows_is_empty_but_drawn():
    assert "<svg" in figures.draw_categories([])
