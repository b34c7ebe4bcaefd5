"""An outcome: what one guard did with one row. All metrics, plots and examples start from outcomes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from proguard.ids import looks_like_id
from proguard.naming import NameBank, is_free_name
from proguard.policy import OOD, known_ids
from proguard.readings.reading import Reading
from proguard.readings.table import Prediction
from proguard.reward.config import STRICT, RewardConfig
from proguard.reward.contrast import Naming, place_names
from proguard.reward.score import score
from proguard.row import Row
from proguard.target import Target
from proguard.taxonomy import Taxonomy

CountTokens = Callable[[Sequence[str]], Sequence[int]]
"""Returns the number of tokens of each text."""

OWN_FAMILY = "own"
"""Family of the guards whose completions have our grammar, and so a reward."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row, one reading."""

    row: Row
    target: Target
    reading: Reading
    reward: float | None
    """Total under the rule that the guard was trained with, in [0, 3]; ``None`` for a guard with another grammar."""

    bonus: float
    """What the name earned for its nearness to the true category, in [0, 0.5], always under the strict rule."""

    is_named: bool
    """Whether the guard gave a free name that counts as one (`proguard.naming.is_free_name`)."""

    taxonomy: Taxonomy = field(repr=False)
    """Says which codes belong together."""

    tokens: int | None = None
    """Tokens of the answer without its end token; ``None`` for a guard with another grammar, or without a tokenizer."""

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
        """Whether the category is listed and the guard's one answer is that category."""
        return self.is_listed and self.reading.code is not None and self._at_level(self.reading.code)

    @property
    def is_within(self) -> bool:
        """Whether the category is listed and among those that the guard's category may mean."""
        return self.is_listed and any(self._at_level(code) for code in self.reading.codes or ())

    @property
    def is_right_parent(self) -> bool:
        """Whether the category is listed and the guard's one answer has the same parent, or is the same."""
        said, true = self.reading.code, self.target.category
        if not self.is_listed or said is None or true is None:
            return False
        return self.taxonomy.category_of(said) == self.taxonomy.category_of(true)

    @property
    def tries_name(self) -> bool:
        """Whether the guard answered with something else than an id, be it a free name that counts or not."""
        said = self.reading.category
        return said is not None and not looks_like_id(said, known_ids(self.target.policy, self.taxonomy))

    def _at_level(self, code: str) -> bool:
        return self.taxonomy.code_at(code, self.target.policy.level) == self.target.category


def judge(
    rows: Sequence[Row],
    predictions: Mapping[str, Prediction],
    bank: NameBank,
    config: RewardConfig,
    count_tokens: CountTokens | None = None,
) -> list[Outcome]:
    """Return the outcome of each row, in order.

    Args:
        rows: Rows of one test set.
        predictions: By sample id, one for every row and none in addition.
        bank: Names of the categories, embedded.
        config: For `Outcome.reward`; the rest does not depend on it.
        count_tokens: For `Outcome.tokens`.

    Raises:
        ValueError: When a row has no prediction, or a prediction no row; the message names one.
    """
    _check_ids([row.sample.id for row in rows], predictions)
    own, targets = [predictions[row.sample.id] for row in rows], [row.target for row in rows]
    texts = ["".join(p.answers.values()) if p.family == OWN_FAMILY else None for p in own]
    rewards = _reward(texts, targets, bank, config)
    tokens = _by_text(texts, count_tokens) if count_tokens is not None else [None] * len(rows)
    readings = [prediction.reading for prediction in own]
    named = [_is_named(reading, target, bank) for reading, target in zip(readings, targets, strict=True)]
    bonuses = _bonuses(readings, targets, named, bank)
    return [
        Outcome(row, target, reading, reward, bonus, is_named, bank.taxonomy, n_tokens)
        for row, target, reading, reward, bonus, is_named, n_tokens in zip(
            rows, targets, readings, rewards, bonuses, named, tokens, strict=True
        )
    ]


def _reward(
    texts: Sequence[str | None], targets: Sequence[Target], bank: NameBank, config: RewardConfig
) -> list[float | None]:
    answered = [(text, target) for text, target in zip(texts, targets, strict=True) if text is not None]
    totals = iter(score([text for text, _ in answered], [target for _, target in answered], bank, config))
    return [None if text is None else next(totals).total for text in texts]


def _by_text(texts: Sequence[str | None], count_tokens: CountTokens) -> list[int | None]:
    counts = iter(count_tokens([text for text in texts if text is not None]))
    return [None if text is None else next(counts) for text in texts]


def _is_named(reading: Reading, target: Target, bank: NameBank) -> bool:
    said = reading.category if reading.reads_policy else None
    return said is not None and is_free_name(said, target.policy, bank.taxonomy)


def _is_unlisted(target: Target) -> bool:
    return target.is_unsafe and target.gold == OOD


def _bonuses(
    readings: Sequence[Reading], targets: Sequence[Target], named: Sequence[bool], bank: NameBank
) -> list[float]:
    """Return what each name earns under the strict rule; 0 where none is due, or none counts."""
    earning = {
        i: Naming(reading.name, target.category, target.policy)
        for i, (reading, target) in enumerate(zip(readings, targets, strict=True))
        if named[i] and reading.name is not None and target.category is not None and _is_unlisted(target)
    }
    bonuses = [0.0] * len(readings)
    for i, standing in zip(earning, place_names(list(earning.values()), bank), strict=True):
        bonuses[i] = STRICT.bonus * standing.nearness if standing.is_nearest else 0.0
    return bonuses


def _check_ids(ids: Sequence[str], predictions: Mapping[str, Prediction]) -> None:
    if missing := sorted(set(ids) - set(predictions)):
        raise ValueError(f"predictions: none for {len(missing)} rows, such as {missing[0]}: run predict again")
    if extra := sorted(set(predictions) - set(ids)):
        raise ValueError(f"predictions: {len(extra)} are of no row, such as {extra[0]}: run predict again")
