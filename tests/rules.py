"""The two rewards of conf/reward/, for tests."""

import yaml

from proguard.reward.config import RewardConfig
from tools.closure import ROOT


def read_rule(name: str) -> RewardConfig:
    return RewardConfig(**yaml.safe_load((ROOT / "conf" / "reward" / f"{name}.yaml").read_text()))


PAPER = read_rule("paper")
RULES = {"strict": read_rule("strict"), "paper": PAPER}
