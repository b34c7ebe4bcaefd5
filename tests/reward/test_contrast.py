"""Nearness of names: the published formula, and the contrast with other categories and empty words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.naming import NameBank, SimilarityConfig
from proguard.policy import Policy
from proguard.reward.contrast import EMPTY_NAMES, Naming, measure_names, nearness, place_names
from tests.outcomes import MINILM
from tests.worlds import taxonomy

PAPER = SimilarityConfig("sentence_transformers", "BAAI/bge-m3", "5617a9f", 0.7, 0.6, 0.6)
COSINES = st.floats(-1, 1)


@pytest.fixture(scope="module")
def bank():
    return NameBank(taxonomy(), MINILM)


def naming(name, code, *, shown=()):
    return Naming(name, code, Policy(taxonomy()[code].level, tuple((c, c) for c in shown)))


def is_nearest(bank, name, code, **kwargs):
    return place_names([naming(name, code, **kwargs)], bank)[0].is_nearest


def test_nearness_of_the_published_figure():
    # "Environmental Harm" against C5: 0.73, 0.63, 0.72, 0.69, 0.73, 0.70. By highest: (0.73 - 0.7) / 0.3 = 0.1. The
    # mean is 0.70, so by mean: (0.70 - 0.6) / 0.4 = 0.25. The bonus is half of it: 0.5 + 0.125 = 0.625.
    assert 0.5 + 0.5 * nearness(0.73, 0.70, PAPER) == pytest.approx(0.625)


def test_nearness_edges():
    assert nearness(1.0, 1.0, PAPER) == nearness(1.0, 1 / 6, PAPER) == 1.0
    assert nearness(0.0, 0.0, PAPER) == 0.0
    assert nearness(0.7, 0.53, PAPER) == pytest.approx(0.0)


@given(COSINES, COSINES, st.floats(0, 1))
def test_nearness_is_in_bounds_and_never_falls(highest, mean, more):
    assert 0 <= nearness(highest, mean, PAPER) <= nearness(highest + more, mean + more, PAPER) <= 1


def test_measure_names_agrees_with_each_bank(bank):
    names = ["Cruelty to Pets", "Flood Danger"]
    highest, mean = measure_names(names, "category", bank)
    for column, code in enumerate(taxonomy().codes("category")):
        cosines = bank.similarities(names, code)
        assert highest[:, column] == pytest.approx(cosines.max(axis=1))
        assert mean[:, column] == pytest.approx(cosines.mean(axis=1))


def test_own_name_of_every_category_is_nearest_and_nearest_to_no_other(bank):
    for level in ("category", "subcategory"):
        codes = taxonomy().codes(level)
        names = [taxonomy()[code].name for code in codes]
        for code in codes:
            placed = place_names([naming(name, code) for name in names], bank)
            assert [n for n, p in zip(names, placed, strict=True) if p.is_nearest] == [taxonomy()[code].name]


def test_paraphrase_is_nearest(bank):
    assert is_nearest(bank, "Hurting Pets", "C9S2")
    assert not is_nearest(bank, "Hurting Pets", "C8S1")


@pytest.mark.parametrize("name", [*EMPTY_NAMES, "Harmful Content", "serious danger", "unknown risk"])
def test_empty_name_is_nearest_to_nothing(bank, name):
    codes = [node.code for node in taxonomy()]
    placed = place_names([naming(name, code) for code in codes], bank)
    assert not any(p.is_nearest for p in placed)


def test_name_below_the_floor_is_not_nearest(bank):
    assert not is_nearest(bank, "A Quiet Walk", "C9S2")


@pytest.mark.parametrize(
    ("name", "code", "other"), [("Lies and Privacy Breaches", "C2S2", "C2S1"), ("scary weapon", "C7S3", "C8S1")]
)
def test_name_whose_nearest_phrase_is_of_a_shown_category_is_not_novel(bank, name, code, other):
    assert is_nearest(bank, name, code)
    assert is_nearest(bank, name, code, shown=["C9S2"])
    assert not is_nearest(bank, name, code, shown=["C9S2", other])


def test_standing_does_not_depend_on_the_batch(bank):
    namings = [naming("Cruelty to Pets", "C9S2"), naming("Bank Trickery", "C6"), naming("Harmful Content", "C6S1")]
    alone = [place_names([one], NameBank(taxonomy(), MINILM))[0] for one in namings]
    assert place_names(namings, bank) == alone
