import math

import pytest

from proguard.annotators.agreement import measure_agreement, measure_coverage, report_mapping
from proguard.annotators.vote import Decision, Vote
from proguard.sample import make_sample
from tests.worlds import taxonomy


def votes(annotator, *categories):
    return [Vote(str(i), annotator, category, 1.0) for i, category in enumerate(categories) if category]


def test_measure_agreement_counts_common_samples_only():
    # 3 samples in common, 2 agree. Chance: a says C1S1 1/3, C1S2 2/3; b says C1S1 2/3, C1S2 1/3: 2/9 + 2/9 = 4/9.
    # kappa = (2/3 - 4/9) / (1 - 4/9) = 0.4. All are C1 at category level: raw 1, kappa undefined.
    pair = measure_agreement(votes("a", "C1S1", "C1S2", "C1S2", "C9S1") + votes("b", "C1S1", "C1S2", "C1S1", None))
    assert pair["a/b"]["n"] == 3
    assert pair["a/b"]["raw"] == pytest.approx(2 / 3, abs=1e-4)
    assert pair["a/b"]["kappa"] == pytest.approx(0.4)
    assert pair["a/b"]["raw_category"] == 1.0
    assert math.isnan(pair["a/b"]["kappa_category"])


def test_measure_agreement_without_common_samples_is_nan():
    pair = measure_agreement(votes("a", "C1S1") + votes("b", None, "C1S1"))["a/b"]
    assert pair["n"] == 0
    assert math.isnan(pair["raw"]) and math.isnan(pair["kappa"])


def test_measure_coverage_without_samples_is_nan():
    assert math.isnan(measure_coverage([]))


def test_report_mapping_counts_rows_reasons_and_gaps():
    def sample(request, category):
        return make_sample(source="s", modality="text", request=request, request_label="unsafe", category=category)

    mapped, unmapped = sample("a", "C1S1"), sample("b", None)
    decisions = {mapped.id: Decision("C1S1"), unmapped.id: Decision(None, "tie")}
    report = report_mapping([mapped, unmapped], decisions, [], taxonomy())
    assert report["coverage"] == report["coverage_by_source"]["s"] == 0.5
    assert report["rows_by_category"] == {"C1S1": 1}
    assert report["unmapped_by_reason"] == {"tie": 1}
    assert len(report["subcategories_without_rows"]) == 27
