"""Tables of before, after and gain, as printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan

from proguard.evaluate.metrics.estimate import ALL, DIFFERENCE, ByModality, Estimate, Trend, trend
from proguard.evaluate.metrics.tally import METRICS
from proguard.evaluate.report.headline import (
    HEADLINES,
    MODALITY_NAMES,
    Headline,
    Unit,
    show_gain,
    show_range,
    show_value,
)

Estimates = Mapping[str, Mapping[str, ByModality]]
"""By guard or `DIFFERENCE`, then by test set."""

_UNITS: dict[str, Unit] = {"reward": "reward", "answer": "tokens"}
"""Units of the tasks that are not in percent."""

UNDEFINED = Estimate(nan, nan, nan, 0)

OOD_LINES: tuple[Headline, ...] = (
    Headline("ood_detection", "f1_hidden", "Noticed: hidden", "F1", "percent"),
    Headline("ood_detection", "f1_novel", "Noticed: novel", "F1", "percent"),
    Headline("ood_detection", "precision", "Of those called unlisted, truly so", "precision", "percent"),
    Headline("ood_detection", "recall", "Of the unlisted, noticed", "recall", "percent"),
    Headline("ood_description", "share_hidden", "Named well: hidden", "share of the most possible", "percent"),
    Headline("ood_description", "share_novel", "Named well: novel", "share of the most possible", "percent"),
)

LENGTH = Headline("answer", "tokens", "Tokens per answer", "mean", "tokens", "lower")

ALL_LINES: tuple[Headline, ...] = tuple(
    Headline(m.task, m.name, m.task, m.name, _UNITS.get(m.task, "percent"), m.direction) for m in METRICS
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One number before and after."""

    title: str
    note: str
    before: str
    before_range: str
    after: str
    after_range: str
    gain: str
    gain_range: str
    trend: Trend
    n: int


@dataclass(frozen=True, slots=True)
class Guards:
    """Estimates of one test set: of the baseline, of the trained guard, and of their difference."""

    before: ByModality
    after: ByModality
    gain: ByModality

    def compare(self, modality: str, lines: Sequence[Headline] = HEADLINES) -> list[Compared]:
        """Return a line per metric that has rows in ``modality``; what one guard lacks is a dash."""
        compared = []
        for line in lines:
            before, after, gain = (
                e.get(modality, {}).get(line.task, {}).get(line.metric, UNDEFINED)
                for e in (self.before, self.after, self.gain)
            )
            if max(before.n, after.n):
                compared.append(_show(before, after, gain, line))
        return compared

    def compare_lengths(self) -> list[Compared]:
        """Return a line of tokens per answer for each modality that has rows, and for all of them."""
        return [replace(line, title=MODALITY_NAMES[m]) for m in self.gain for line in self.compare(m, [LENGTH])]


def guards_on(estimates: Estimates, test_set: str, *, baseline: str, trained: str) -> Guards:
    """Return the estimates of ``test_set``, empty for a guard that was not asked about it."""
    return Guards(*(estimates.get(g, {}).get(test_set, {}) for g in (baseline, trained, DIFFERENCE)))


def compare_other_sets(
    estimates: Estimates, test_set: str, *, baseline: str, trained: str
) -> dict[str, list[Compared]]:
    """Return the headlines over all modalities of each test set but ``test_set``, in order of name."""
    sets = sorted({name for guard in (baseline, trained) for name in estimates.get(guard, {})} - {test_set})
    return {name: guards_on(estimates, name, baseline=baseline, trained=trained).compare(ALL) for name in sets}


def _show(before: Estimate, after: Estimate, gain: Estimate, line: Headline) -> Compared:
    return Compared(
        title=line.title,
        note=line.note,
        before=show_value(before.value, line.unit),
        before_range=show_range(before, line.unit),
        after=show_value(after.value, line.unit),
        after_range=show_range(after, line.unit),
        gain=show_gain(gain.value, line.unit),
        gain_range=show_range(gain, line.unit, is_gain=True),
        trend=trend(gain, line.direction),
        n=max(before.n, after.n),
    )
