"""The report as Markdown."""

from math import nan

from proguard.evaluate.metrics.estimate import ByModality, Estimate
from proguard.evaluate.metrics.tally import METRICS
from proguard.evaluate.report.comparison import Guards
from proguard.evaluate.report.markdown import build_markdown


def make_estimates(**tokens: float) -> ByModality:
    """Return estimates that hold the tokens of an answer by modality; all others are undefined."""
    estimates: ByModality = {}
    for modality, n in tokens.items():
        tasks = estimates.setdefault(modality, {})
        for metric in METRICS:
            tasks.setdefault(metric.task, {})[metric.name] = Estimate(nan, nan, nan, 0)
        tasks["answer"]["tokens"] = Estimate(n, n - 1, n + 1, 10)
    return estimates


def test_build_markdown_has_the_tokens_per_answer_by_modality_with_an_interval():
    guards = Guards(make_estimates(all=30, image=20), make_estimates(all=25, image=22), make_estimates(all=-5, image=2))
    markdown = build_markdown(guards, facts=(), confidence=0.95, tables=(), details=(), versus=())
    minus = "\N{MINUS SIGN}"
    assert markdown.partition("### Tokens per answer\n\n")[2].partition("\n\n")[0].splitlines() == [
        "|  | Rows | Before | After | Change | 95 % interval |",
        "| --- | --- | --- | --- | --- | --- |",
        f"| All modalities | 10 | 30.00 | 25.00 | {minus}5.00 | {minus}6.00 to {minus}4.00 |",
        "| Image | 10 | 20.00 | 22.00 | +2.00 | +1.00 to +3.00 |",
    ]
