"""The reward as a record of values."""

import pytest

from proguard.reward.config import STRICT, RewardConfig
from proguard.runtime.params import compose_params
from tests.rules import PAPER, RULES
from tools.closure import ROOT


def test_strict_file_holds_the_defaults():
    assert RULES["strict"] == STRICT == RewardConfig()


@pytest.mark.parametrize("name", RULES)
def test_rule_is_chosen_by_name_and_a_value_is_swept(name):
    params = compose_params(ROOT / "conf", [f"reward={name}"])
    assert RewardConfig(**params["reward"]) == RULES[name]
    swept = compose_params(ROOT / "conf", [f"reward={name}", "reward.sibling_id=0.125"])
    assert RewardConfig(**swept["reward"]).sibling_id == 0.125


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": "loose"}, "reward.format: expected strict or lenient, found 'loose'"),
        ({"requires_nearest": "yes"}, "reward.requires_nearest: expected true or false, found 'yes'"),
        ({"requires_reasoning": 1}, "reward.requires_reasoning: expected true or false, found 1"),
        ({"name": True}, r"reward.name: expected a number in \[0, 1\], found True"),
        ({"bonus": float("nan")}, r"reward.bonus: expected a number in \[0, 1\], found nan"),
        ({"other_id": -0.1}, r"reward.other_id: expected a number in \[0, 1\], found -0.1"),
        ({"unknown_id": "0.5"}, r"reward.unknown_id: expected a number in \[0, 1\], found '0.5'"),
        ({"missed_image": None}, r"reward.missed_image: expected a number in \[0, 1\], found None"),
        ({"exact_id": 0.1, "sibling_id": 0.2}, "reward.sibling_id: expected at most exact_id, 0.1, found 0.2"),
        ({"name": 0.75}, "reward.bonus: expected at most 1 together with name, 0.75, found 0.5"),
        ({"name": 0.1, "bonus": 0.1, "missed_image": 0.5}, "reward.missed_image: expected at most name and bonus"),
    ],
)
def test_bad_value_is_refused_by_name(values, message):
    with pytest.raises(ValueError, match=message):
        RewardConfig(**values)


def test_whole_numbers_count_as_numbers():
    assert RewardConfig(exact_id=1, unknown_id=0) == STRICT


def test_paper_differs_from_strict_in_its_holes_only():
    assert (PAPER.exact_id, PAPER.name, PAPER.bonus) == (STRICT.exact_id, STRICT.name, STRICT.bonus)
