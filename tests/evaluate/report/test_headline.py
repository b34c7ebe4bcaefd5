"""How numbers are printed, and which sentence they allow."""

from dataclasses import replace
from math import nan

from proguard.evaluate.metrics.estimate import ALL, DIFFERENCE, Estimate, measure
from proguard.evaluate.metrics.tally import METRICS
from proguard.evaluate.report import figures
from proguard.evaluate.report.comparison import Guards
from proguard.evaluate.report.headline import (
    HEADLINES,
    Headline,
    find_losses,
    find_verdict,
    join,
    show_gain,
    show_range,
    show_value,
    summarise,
)
from tests.outcomes import make_outcome


def rewards(**by_modality):
    """Return estimates that hold the mean reward alone: value, low and high by modality."""
    return {m: {"reward": {"mean": Estimate(*numbers, 10)}} for m, numbers in by_modality.items()}


OLD, NEW = rewards(all=(1.8, 1.7, 1.9)), rewards(all=(2.3, 2.2, 2.4))
UP, FLAT, DOWN = (0.5, 0.4, 0.6), (0.0, -0.1, 0.1), (-0.5, -0.6, -0.4)


def verdict(**difference):
    return find_verdict(OLD, NEW, rewards(**difference), 0.95)


def test_find_verdict_gain_in_all_modalities():
    finding = verdict(all=UP, text=UP, image=UP, text_image=UP)
    assert finding.title == "Yes: the trained guard is better"
    assert finding.sentence == (
        "Training raised the mean reward on unseen test rows from 1.80 to 2.30 of 3 "
        "(95 % interval of the gain: +0.40 to +0.60). "
        "The gain is real in all three modalities: no interval reaches zero."
    )


def test_find_verdict_names_modalities_where_nothing_is_shown():
    finding = verdict(all=UP, text=UP, image=FLAT, text_image=DOWN)
    assert finding.tone == "better"
    assert finding.sentence.endswith(
        "By modality, the gain is real for text; the reward fell for text with image; no change is shown for image."
    )


def test_find_verdict_interval_over_zero_is_not_a_gain():
    finding = verdict(all=FLAT, text=FLAT, image=FLAT, text_image=FLAT)
    assert finding.title == "Not shown to be better: the difference could be chance"
    assert finding.sentence.endswith("The interval holds zero in all three modalities.")


def test_find_verdict_loss():
    finding = verdict(all=DOWN, text=DOWN)
    assert finding.title == "No: the trained guard is worse"
    assert finding.sentence.endswith("The loss is real for text: no interval reaches zero.")


def test_find_losses_lists_more_false_alarms():
    nothing = Estimate(nan, nan, nan, 0)
    tasks = {h.task: {} for h in HEADLINES}
    for headline in HEADLINES:
        tasks[headline.task][headline.metric] = nothing
    tasks["request_safety"]["false_positive_rate"] = Estimate(0.03, 0.01, 0.05, 90)
    assert find_losses({"text": tasks}) == ["False alarms, text: +3.0 points (+1.0 to +5.0)"]


def test_show_known_values():
    assert show_value(0.8314, "percent") == "83.1 %"
    assert show_value(2.3, "reward") == "2.30"
    assert show_gain(-0.031, "percent") == "\N{MINUS SIGN}3.1"
    assert show_range(Estimate(0.5, 0.41, 0.6, 9), "percent") == "41.0 to 60.0"


def test_show_undefined_is_a_dash():
    assert show_value(nan, "percent") == show_gain(nan, "reward") == "–"
    assert show_range(Estimate(nan, nan, nan, 0), "percent") == ""


def test_join_known_values():
    assert [join(list(letters)) for letters in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]


def estimates_of(value):
    """Every headline metric at one value, but one that is undefined."""
    by_metric = {}
    for n, line in enumerate(HEADLINES):
        by_metric.setdefault(line.task, {})[line.metric] = Estimate(nan if n == 1 else value, value, value, 10)
    return {"all": by_metric}


def test_summarise_gives_each_headline_metric_of_the_trained_guard_and_the_verdict():
    found = summarise(estimates_of(1.8), estimates_of(2.3), estimates_of(0.5), 0.95)
    assert found["headline"] == {line.title: 2.3 for n, line in enumerate(HEADLINES) if n != 1}
    assert found["verdict"].startswith("Yes: the trained guard is better. Training raised the mean reward")


def test_headlines_have_the_direction_of_their_metric():
    directions = {(m.task, m.name): m.direction for m in METRICS}
    assert {h.title: h.direction for h in HEADLINES} == {h.title: directions[h.task, h.metric] for h in HEADLINES}


def test_another_headline_neither_breaks_the_panels_nor_drops_a_tile(monkeypatch):
    extra = Headline("request_safety", "recall", "A new one", "recall", "percent", is_tile=True)
    more = (replace(HEADLINES[0], title="Renamed"), *HEADLINES[1:], extra)
    monkeypatch.setattr(figures, "HEADLINES", more)
    rows = [make_outcome("C7S2")]
    options = {"baseline": "base", "trained": "proguard", "n_resamples": 20, "confidence": 0.95, "seed": 0}
    gain = measure({"base": rows, "proguard": rows}, **options)[DIFFERENCE]
    drawn = figures.draw_gains(gain)
    assert all(headline.title in drawn for headline in more)
    tiles = Guards(gain, gain, gain).compare(ALL, [h for h in more if h.is_tile])
    assert tiles[0].title == "Renamed"
