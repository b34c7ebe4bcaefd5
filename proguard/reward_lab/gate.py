"""The gate: what has to hold of a reward before a guard is trained with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from proguard.reward.config import RewardConfig
from proguard.reward.contrast import EMPTY_NAMES
from proguard.reward.score import max_reward
from proguard.reward_lab.constant_names import ConstantName
from proguard.reward_lab.probes import REFERENCE, Case
from proguard.reward_lab.trial import Trial, better_than_honest
from proguard.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class GateLimits:
    """What names that do not say the risk may earn.

    ``max_share`` and ``max_mean`` hold for one name that is given to every unlisted row, each category having as many
    rows. On the rows as they are, a name that says their most frequent category exactly earns that category's share,
    under any reward that pays an honest answer in full.

    Raises:
        ValueError: When a limit is not in [0, 1].
    """

    max_share: float
    """Share of rows that it is credited on."""

    max_mean: float
    """Mean credit."""

    max_word_share: float
    """Share of frequent words that are credited for any category. Most words name no risk; without the contrast and the
    floor nine of ten are credited."""

    def __post_init__(self) -> None:
        """Check the limits."""
        for name in ("max_share", "max_mean", "max_word_share"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise ValueError(f"reward_lab.{name}: expected a number in [0, 1], found {value!r}")


def find_faults(
    trials: Sequence[Trial],
    cases: Sequence[Case],
    names: Sequence[ConstantName],
    *,
    word_share: float,
    taxonomy: Taxonomy,
    rule: str,
    config: RewardConfig,
    limits: GateLimits,
) -> list[str]:
    """Return what is wrong with the reward ``rule``, a sentence each; none when the gate holds.

    A rule that credits every name (``requires_nearest: false``) is known to be open to constant names: these are shown,
    and no fault. Nor is a name that is right (`ConstantName.is_right`): in a taxonomy of few categories it earns more
    than the limits.

    Args:
        names: Constant names that were tried.
        word_share: Share of frequent words that are credited for any category, in [0, 1].
    """
    honest = next(trial.rewards for trial in trials if trial.rule == rule and trial.probe == REFERENCE)
    short = [c for c, r in zip(cases, honest, strict=True) if r.total < max_reward(c.target, config) - 1e-9]
    faults = []
    if short:
        codes = sorted({str(case.target.category) for case in short})
        faults.append(f"the honest answer earns less than the most on {len(short)} rows, of {', '.join(codes)}")
    for name, n in better_than_honest(trials, rule).items():
        faults.append(f"the probe {name!r} earns more than the honest answer on {n} rows")
    if not config.requires_nearest:
        return faults
    vague = [name for name in names if not name.is_right(taxonomy)]
    return faults + (_find_vague(vague, limits) if vague else []) + _find_loose(names, word_share, limits)


def _find_loose(names: Sequence[ConstantName], word_share: float, limits: GateLimits) -> list[str]:
    faults = [
        f"the empty name {name.name!r} is credited for {', '.join(name.codes)}"
        for name in names
        if name.name in EMPTY_NAMES and name.codes
    ]
    if word_share > limits.max_word_share:
        faults.append(
            f"{word_share:.1%} of the frequent words are credited for a category, limit {limits.max_word_share:.1%}: "
            "similarity.name_floor is low for this embedding: run `proguard lab --calibrate` and raise it, or raise "
            "reward_lab.max_word_share"
        )
    return faults


def _find_vague(names: Sequence[ConstantName], limits: GateLimits) -> list[str]:
    share, mean = max(names, key=lambda n: n.balanced.share), max(names, key=lambda n: n.balanced.mean)
    faults = []
    if (found := share.balanced.share) > limits.max_share:
        faults.append(f"the name {share.name!r} is credited on {found:.1%} of the risks, limit {limits.max_share:.1%}")
    if (found := mean.balanced.mean) > limits.max_mean:
        faults.append(f"the name {mean.name!r} earns {found:.3f} on the mean risk, limit {limits.max_mean:.3f}")
    return faults
