"""The numbers that the report leads with, how they are printed, and the sentences that they allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, Literal

from proguard.evaluate.metrics.estimate import ALL, DIGITS, ByModality, Estimate, trend
from proguard.evaluate.metrics.tally import Direction
from proguard.sample import MODALITIES

Unit = Literal["reward", "percent", "tokens"]

MODALITY_NAMES: dict[str, str] = {
    ALL: "All modalities",
    "text": "Text",
    "image": "Image",
    "text_image": "Text with image",
}


@dataclass(frozen=True, slots=True)
class Headline:
    """One metric as a manager reads it: all that the report and MLflow need to show it."""

    task: str
    metric: str
    title: str
    note: str
    unit: Unit
    direction: Direction = "higher"
    """Which way it is better."""

    is_tile: bool = False
    """Whether it is one of the large numbers at the top of the report."""


# The most important first: a pipeline's run in MLflow has those that its compare page shows at a time.
HEADLINES: tuple[Headline, ...] = (
    Headline("reward", "mean", "Mean reward", "what training raises, 0 to 3", "reward", is_tile=True),
    Headline("request_safety", "f1", "Unsafe requests found", "F1", "percent", is_tile=True),
    Headline("request_safety", "false_positive_rate", "False alarms", "safe requests flagged", "percent", "lower"),
    Headline("categorization", "accuracy", "Listed risk, right category", "exact id", "percent", is_tile=True),
    Headline("ood_detection", "f1", "Unlisted risk noticed", "F1", "percent", is_tile=True),
    Headline("ood_description", "share", "Unlisted risk named well", "share of the most possible", "percent"),
    Headline("response_safety", "f1", "Unsafe responses found", "F1", "percent"),
    Headline("malformed", "rate", "Unreadable answers", "break the answer format", "percent", "lower"),
)


def show_value(value: float, unit: Unit) -> str:
    """Return a value as text; a dash when undefined."""
    if isnan(value):
        return "–"
    return f"{100 * value:.1f} %" if unit == "percent" else f"{value:.2f}"


def show_gain(value: float, unit: Unit) -> str:
    """Return a difference as text with its sign; percentages differ by points."""
    if isnan(value):
        return "–"
    text = f"{100 * value:+.1f}" if unit == "percent" else f"{value:+.2f}"
    return text.replace("-", "\N{MINUS SIGN}")


def show_range(estimate: Estimate, unit: Unit, *, is_gain: bool = False) -> str:
    """Return an interval as text; empty when undefined."""
    if isnan(estimate.low):
        return ""
    if is_gain:
        return f"{show_gain(estimate.low, unit)} to {show_gain(estimate.high, unit)}"
    low, high = show_value(estimate.low, unit), show_value(estimate.high, unit)
    return f"{low.removesuffix(' %')} to {high.removesuffix(' %')}"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to "is it better, and is that real?"."""

    title: str
    sentence: str
    tone: Literal["better", "worse", "unclear"]


def find_verdict(baseline: ByModality, trained: ByModality, difference: ByModality, confidence: float) -> Finding:
    """Return the verdict on the mean reward, overall and by modality."""
    old, new, gain = (m[ALL]["reward"]["mean"] for m in (baseline, trained, difference))
    tone = trend(gain, "higher")
    change = {
        "better": f"raised the mean reward on unseen test rows from {old.value:.2f} to {new.value:.2f} of 3",
        "worse": f"lowered the mean reward on unseen test rows from {old.value:.2f} to {new.value:.2f} of 3",
        "unclear": f"left the mean reward on unseen test rows about where it was, "
        f"{old.value:.2f} before and {new.value:.2f} after",
    }[tone]
    interval = f"{100 * confidence:g} % interval of the gain: {show_range(gain, 'reward', is_gain=True)}"
    title = {
        "better": "Yes: the trained guard is better",
        "worse": "No: the trained guard is worse",
        "unclear": "Not shown to be better: the difference could be chance",
    }[tone]
    return Finding(title, f"Training {change} ({interval}). {_by_modality(difference)}", tone)


def summarise(baseline: ByModality, trained: ByModality, difference: ByModality, confidence: float) -> dict[str, Any]:
    """Return what a tracked run leads with: the verdict as a text, the trained guard's headline metrics by title."""
    finding = find_verdict(baseline, trained, difference, confidence)
    values = {line.title: trained[ALL][line.task][line.metric].value for line in HEADLINES}
    headline = {title: round(value, DIGITS) for title, value in values.items() if not isnan(value)}
    return {"verdict": f"{finding.title}. {finding.sentence}", "headline": headline}


_ALL_OF = {2: "in both modalities", 3: "in all three modalities"}


def _by_modality(difference: ByModality) -> str:
    trends = {m: trend(difference[m]["reward"]["mean"], "higher") for m in MODALITIES if m in difference}
    if len(set(trends.values())) == 1:
        where = _ALL_OF.get(len(trends)) or f"for {_name(next(iter(trends)))}"
        return {
            "better": f"The gain is real {where}: no interval reaches zero.",
            "worse": f"The loss is real {where}: no interval reaches zero.",
            "unclear": f"The interval holds zero {where}.",
        }[next(iter(trends.values()))]
    says = {"better": "the gain is real", "worse": "the reward fell", "unclear": "no change is shown"}
    parts = []
    for tone, words in says.items():
        if named := [_name(m) for m in trends if trends[m] == tone]:
            parts.append(f"{words} for {join(named)}")
    return "By modality, " + "; ".join(parts) + "."


def find_losses(difference: ByModality) -> list[str]:
    """Return a line for each headline metric and modality that got worse beyond its interval."""
    lines = []
    for headline in HEADLINES:
        for modality, tasks in difference.items():
            gain = tasks[headline.task][headline.metric]
            if trend(gain, headline.direction) == "worse":
                unit = " points" if headline.unit == "percent" else ""
                lines.append(
                    f"{headline.title}, {_name(modality)}: {show_gain(gain.value, headline.unit)}{unit} "
                    f"({show_range(gain, headline.unit, is_gain=True)})"
                )
    return lines


def join(parts: Sequence[str]) -> str:
    """Return ``"a, b and c"``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _name(modality: str) -> str:
    return MODALITY_NAMES[modality].lower()
