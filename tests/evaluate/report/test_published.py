"""The paper's numbers beside ours."""

import polars as pl
import pytest

from proguard.evaluate.metrics.estimate import measure
from proguard.evaluate.report.published import compare, full_tables
from tests.outcomes import make_outcome
from tools.closure import ROOT

PUBLISHED = pl.read_csv(ROOT / "data" / "published_results.csv")


@pytest.fixture(scope="module")
def own():
    rows = [make_outcome("C7S2", modality=m) for m in ("text", "image", "text_image")]
    measured = measure({"proguard": rows}, baseline="base", trained="proguard", n_resamples=10, confidence=0.95, seed=0)
    return measured["proguard"]


@pytest.fixture(scope="module")
def lines(own):
    return {(line.task, line.modality): line for line in compare(PUBLISHED, own, own)}


def test_compare_takes_the_printed_average(lines):
    line = lines["Request safety", "text"]
    assert (line.published_7b, line.best_other, line.best_other_guard) == (89.98, 90.99, "GPT4o-mini")


def test_compare_takes_the_mean_where_none_is_printed(lines):
    # ProGuard-7B, text_image: beavertails_v 63.14, proguard_text_image 60.25.
    assert lines["OOD detection", "text_image"].published_7b == pytest.approx((63.14 + 60.25) / 2)


def test_compare_uses_the_metric_that_fits(lines):
    assert lines["Request safety", "text"].metric == "weighted F1"
    assert lines["Request safety", "image"].metric == "F1, unsafe class"
    assert lines["Categorization", "text"].trained == 100.0


def test_compare_has_no_response_safety_of_images(lines):
    assert ("Response safety", "image") not in lines


def test_full_tables_hold_every_number():
    numbers = [v for table in full_tables(PUBLISHED) for _, values in table.rows for v in values if v]
    assert len(numbers) == len(PUBLISHED)
