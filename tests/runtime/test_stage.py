"""How a stage script treats its command line."""

import pytest
from omegaconf import OmegaConf

from proguard.runtime.stage import check_overrides

PARAMS = OmegaConf.create({"ood_split": {"seed": 1, "novel": ["C5"]}, "reward": {"format": "strict"}})


def test_check_overrides_names_the_nearest_key():
    with pytest.raises(SystemExit, match="did you mean 'ood_split.seed'"):
        check_overrides(["ood_split.sed=3"], PARAMS)


@pytest.mark.parametrize("argument", ["ood_split.seed=3", "+new.key=1", "hydra.verbose=true", "--help"])
def test_check_overrides_lets_known_keys_and_flags_pass(argument):
    check_overrides([argument], PARAMS)


def test_check_overrides_reports_a_key_like_no_other():
    with pytest.raises(SystemExit, match="has no key 'zzzzzzzz'"):
        check_overrides(["zzzzzzzz=3"], PARAMS)
