"""The drawn names hold good ones and bad ones, of hidden and of novel risks."""

import pytest

from proguard.evaluate.report.names import draw_names
from proguard.naming import NameBank
from tests.outcomes import MINILM, make_outcome
from tests.worlds import taxonomy


@pytest.fixture(scope="module")
def bank():
    return NameBank(taxonomy(), MINILM)


def named(name: str, bonus: float, role: str = "hidden"):
    return make_outcome(name, category="C5S1", role=role, is_named=True, bonus=bonus)


def test_draw_names_half_earned_something(bank):
    outcomes = [named(f"Flood {i}", 0.3) for i in range(20)] + [named(f"Thing {i}", 0.0) for i in range(20)]
    names = draw_names(outcomes, bank, n=10, seed=0)
    assert [n.share > 0 for n in names] == [True] * 5 + [False] * 5


def test_draw_names_takes_hidden_and_novel_in_turn(bank):
    outcomes = [named(f"Flood {i}", 0.3) for i in range(30)] + [named("New Flood", 0.3, "novel")]
    assert "novel" in [n.role for n in draw_names(outcomes, bank, n=4, seed=0)]


def test_draw_names_fills_in_where_one_kind_runs_short(bank):
    outcomes = [named("Flood", 0.3)] + [named(f"Thing {i}", 0.0) for i in range(20)]
    assert len(draw_names(outcomes, bank, n=10, seed=0)) == 10


def test_draw_names_counts_rows_and_does_not_hang_on_order(bank):
    outcomes = [named("Flood", 0.3), named("Flood", 0.3), named("Fire", 0.3)]
    names = draw_names(outcomes, bank, n=10, seed=0)
    assert {n.name: n.n for n in names} == {"Flood": 2, "Fire": 1}
    assert draw_names(outcomes[::-1], bank, n=10, seed=0) == names


def test_draw_names_leaves_out_ids_and_listed_risks(bank):
    outcomes = [make_outcome("C8S1", category="C5S1", role="hidden"), make_outcome("Dread", is_named=True)]
    assert draw_names(outcomes, bank, n=10, seed=0) == []
