"""The calibration of the floor on names that the reward does not use."""

import pytest

from proguard.lab.calibration import draw_curve, read_pairs
from proguard.reward.contrast import EMPTY_NAMES


def test_pairs_cover_the_taxonomy_and_hold_no_name_that_the_reward_uses(bank):
    pairs = read_pairs(bank)
    assert set(pairs.right) == {node.code for node in bank.taxonomy}
    assert not {name.casefold() for name in pairs.empty} & set(EMPTY_NAMES)


def test_pair_that_is_a_name_of_the_taxonomy_is_refused(bank, tmp_path):
    (tmp_path / "pairs.yaml").write_text("right: {C8S1: [firearms and blades]}\nempty: []\n")
    with pytest.raises(ValueError, match=r"pairs.yaml: 'firearms and blades' is a name of the taxonomy"):
        read_pairs(bank, tmp_path / "pairs.yaml")


def test_pair_of_an_unknown_category_is_refused(bank, tmp_path):
    (tmp_path / "pairs.yaml").write_text("right: {C99: [a]}\nempty: []\n")
    with pytest.raises(ValueError, match=r"the taxonomy has no C99"):
        read_pairs(bank, tmp_path / "pairs.yaml")


def test_contrast_credits_right_names_nearly_as_often_and_others_hardly_ever(bank):
    curve = draw_curve(read_pairs(bank), bank, floors=[bank.config.name_floor])
    for line in curve.filter(rule="contrast").iter_rows(named=True):
        assert line["right"] >= 0.9
        assert line["other"] <= 0.005
        assert line["empty_worst"] <= 0.1
    assert curve.filter(rule="cosine")["empty_worst"].min() > 0.3


def test_curve_falls_with_the_floor(bank):
    curve = draw_curve(read_pairs(bank), bank, floors=[0.3, 0.6])
    for _, lines in curve.group_by("level", "rule"):
        assert lines["right"].to_list() == sorted(lines["right"], reverse=True)
