import math

import krippendorff
import pytest

from proguard.taxonomy_map.agreement import (
    count_confusion,
    list_confusions,
    measure_agreement,
    measure_alpha,
)
from proguard.taxonomy_map.vote import Vote
from tests.worlds import taxonomy


def votes(annotator, *categories):
    return [Vote(str(i), annotator, category) for i, category in enumerate(categories) if category]


def test_measure_agreement_counts_common_samples_only():
    # 3 samples in common, 2 agree. Chance: a says C1S1 1/3, C1S2 2/3; b says C1S1 2/3, C1S2 1/3: 2/9 + 2/9 = 4/9.
    # kappa = (2/3 - 4/9) / (1 - 4/9) = 0.4. All are C1 at category level: raw 1, kappa undefined.
    pair = measure_agreement(
        votes("a", "C1S1", "C1S2", "C1S2", "C9S1") + votes("b", "C1S1", "C1S2", "C1S1", None), taxonomy()
    )
    assert pair["a/b"]["n"] == 3
    assert pair["a/b"]["raw"] == pytest.approx(2 / 3, abs=1e-4)
    assert pair["a/b"]["kappa"] == pytest.approx(0.4)
    assert pair["a/b"]["raw_category"] == 1.0
    assert math.isnan(pair["a/b"]["kappa_category"])


def test_measure_agreement_without_common_samples_is_nan():
    pair = measure_agreement(votes("a", "C1S1") + votes("b", None, "C1S1"), taxonomy())["a/b"]
    assert pair["n"] == 0
    assert math.isnan(pair["raw"]) and math.isnan(pair["kappa"])


def test_measure_alpha_by_hand():
    # a: x x y y, b: x y y y. Observed disagreement: 2 of 8 ordered pairs. x stands 3 times, y 5 times: expected
    # 2 * 3 * 5 of 8 * 7 pairs. alpha = 1 - (2/8) / (30/56) = 1 - 7/15 = 0.5333.
    alpha = measure_alpha(
        votes("a", "C1S1", "C1S1", "C2S1", "C2S1") + votes("b", "C1S1", "C2S1", "C2S1", "C2S1"), taxonomy()
    )
    assert alpha == {"n": 4, "subcategory": 0.5333, "category": 0.5333}


def test_measure_alpha_takes_missing_votes_as_the_library_does():
    rows = [
        ["C1S1", "C1S2", None, "C2S1", None],
        ["C1S1", "C1S1", "C2S1", None, "none"],
        [None, "C1S2", "C2S1", "C2S1", None],
    ]
    alpha = measure_alpha(
        [vote for name, row in zip("abc", rows, strict=True) for vote in votes(name, *row)], taxonomy()
    )
    numbers = {"C1S1": 0, "C1S2": 1, "C2S1": 2, "none": 3, None: math.nan}
    expected = krippendorff.alpha(
        reliability_data=[[numbers[code] for code in row] for row in rows], level_of_measurement="nominal"
    )
    assert alpha["subcategory"] == pytest.approx(expected, abs=1e-4)
    assert (alpha["n"], alpha["category"]) == (4, 1.0)


@pytest.mark.parametrize("given", [votes("a", "C1S1", "C2S1"), votes("a", "C1S1") + votes("b", "C1S1"), []])
def test_measure_alpha_of_lone_or_equal_votes_is_nan(given):
    assert math.isnan(measure_alpha(given, taxonomy())["subcategory"])


def test_count_confusion_counts_pairs_of_answers():
    given = votes("b", "C1S1", "C1S1", "C2S1") + votes("a", "C1S2", "C1S2", "C2S1", "C9S1")
    assert count_confusion(given).rows() == [("a", "b", "C1S2", "C1S1", 2), ("a", "b", "C2S1", "C2S1", 1)]
    assert count_confusion(given[::-1]).equals(count_confusion(given))


def test_count_confusion_without_votes_is_an_empty_table():
    assert count_confusion([]).rows() == []


def test_list_confusions_has_the_most_frequent_differences_of_a_pair():
    table = count_confusion(votes("a", "C1S1", "C1S1", "C3S1", "C4S1") + votes("b", "C2S1", "C2S1", "C2S1", "C4S1"))
    assert list_confusions(table, most=1) == {"a/b": [{"first_says": "C1S1", "second_says": "C2S1", "rows": 2}]}
    assert len(list_confusions(table, most=5)["a/b"]) == 2
