"""An outcome: what one guard did with one row. All metrics, plots and examples start from outcomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from proguard.naming import NameBank
from proguard.policy import OOD
from proguard.reward.config import STRICT, RewardConfig
from proguard.reward.score import score
from proguard.row import Row
from proguard.target import Target
from proguard.verdict import ParseStatus, Verdict, looks_like_id, parse

Side = Literal["request", "response"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row, one completion."""

    row: Row
    target: Target
    verdict: Verdict | None
    """What the guard said; ``None`` when the completion is malformed."""

    status: ParseStatus
    reward: float
    """Total under the rule that the guard was trained with, in [0, 3]."""

    bonus: float
    """What the name earned for its nearness to the true category, in [0, 0.5], always under the strict rule."""

    is_named: bool
    """Whether the guard gave a free name that counts as one (`proguard.naming.is_free_name`)."""

    @property
    def is_ood(self) -> bool:
        """Whether the row is unsafe and its policy lacks the category."""
        return self.target.is_unsafe and self.target.gold == OOD

    @property
    def is_listed(self) -> bool:
        """Whether the row is unsafe and its policy shows the category."""
        return self.target.is_unsafe and self.target.gold not in (None, OOD)

    @property
    def is_right_id(self) -> bool:
        """Whether the category is listed and the guard gave its very id."""
        return self.is_listed and self.verdict is not None and self.verdict.category == self.target.gold

    @property
    def tries_name(self) -> bool:
        """Whether the guard answered with something else than an id, be it a free name that counts or not."""
        said = self.verdict and self.verdict.category
        return said is not None and not looks_like_id(said)


def judge(rows: Sequence[Row], completions: Mapping[str, str], bank: NameBank, config: RewardConfig) -> list[Outcome]:
    """Return the outcome of each row, in order.

    Args:
        rows: Rows of one test set.
        completions: By sample id, one for every row and none beside.
        bank: Names of the categories, embedded.
        config: For `Outcome.reward`; the rest does not depend on it.

    Raises:
        ValueError: When a row has no completion, or a completion no row; the message names one.
    """
    _check_ids([row.sample.id for row in rows], completions)
    texts = [completions[row.sample.id] for row in rows]
    targets = [row.target for row in rows]
    strict = score(texts, targets, bank, STRICT)
    ruled = strict if config == STRICT else score(texts, targets, bank, config)
    outcomes = []
    for row, target, text, reward, earned in zip(rows, targets, texts, ruled, strict, strict=True):
        parsed = parse(text, has_response=target.has_response)
        verdict = parsed.verdict if parsed.is_well_formed else None
        outcomes.append(Outcome(row, target, verdict, parsed.status, reward.total, earned.bonus, earned.is_named))
    return outcomes


def _check_ids(ids: Sequence[str], completions: Mapping[str, str]) -> None:
    if missing := sorted(set(ids) - set(completions)):
        raise ValueError(f"predictions: none for {len(missing)} rows, such as {missing[0]}: run predict again")
    if extra := sorted(set(completions) - set(ids)):
        raise ValueError(f"predictions: {len(extra)} are of no row, such as {extra[0]}: run predict again")
