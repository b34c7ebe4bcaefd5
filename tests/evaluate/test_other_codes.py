"""A taxonomy with other codes gives the same outcomes, metrics and report: nothing reads the spelling of a code."""

from dataclasses import replace

import pytest

from proguard.evaluate.metrics.confusion import kind_of, score_categories
from proguard.evaluate.metrics.estimate import measure
from proguard.evaluate.metrics.outcome import judge
from proguard.evaluate.report.examples import describe
from proguard.evaluate.report.failures import find_weaknesses
from proguard.evaluate.report.plots import confusion_pairs
from proguard.naming import NameBank
from proguard.policy import Policy
from proguard.reward.config import STRICT
from proguard.row import Row, make_row
from tests.outcomes import MINILM, answer, draw_test_rows, predict
from tests.worlds import other_codes, other_taxonomy, taxonomy

NEW = other_codes()
KNOWN = taxonomy(), other_taxonomy()


def recode(row: Row) -> Row:
    shown = tuple((NEW[id_], NEW[code]) for id_, code in row.policy.shown)
    policy = Policy(row.policy.level, shown, tuple(NEW[code] for code in row.policy.hidden))
    sample = replace(row.sample, category=row.sample.category and NEW[row.sample.category])
    return make_row(sample, policy, row.role, other_taxonomy())


def recode_completion(text: str) -> str:
    head, said, end = text.rpartition("Category:")
    category, closing, rest = end.partition("\n</answer>")
    glued = next((code for code in sorted(NEW, key=len, reverse=True) if said and category.endswith(code)), "")
    return head + said + category.removesuffix(glued) + NEW.get(glued, "") + closing + rest


@pytest.fixture(scope="module")
def both():
    rows, _ = draw_test_rows(900)
    said = answer(rows, skill=0.4)
    ours = judge(rows, predict(rows, said), NameBank(taxonomy(), MINILM), STRICT)
    others = [recode(row) for row in rows]
    again = predict(others, {id_: recode_completion(text) for id_, text in said.items()})
    return ours, judge(others, again, NameBank(other_taxonomy(), MINILM), STRICT)


def test_outcomes_are_the_same(both):
    ours, others = (
        [
            (o.reward, o.bonus, o.is_named, o.tries_name, o.is_ood, o.is_right_id, o.is_right_parent, kind_of(o))
            for o in side
        ]
        for side in both
    )
    assert ours == others
    assert {kind for *_, kind in ours} == {"right", "near", "wrong", "missed", "false_alarm", "void", "malformed"}


def test_metrics_are_the_same(both):
    ours, others = (
        measure({"a": side}, baseline="a", trained="b", n_resamples=20, confidence=0.95, seed=0) for side in both
    )
    assert repr(ours) == repr(others)


def test_scores_of_categories_are_the_same(both):
    codes = taxonomy().codes("category")
    ours, others = score_categories(both[0], codes), score_categories(both[1], [NEW[code] for code in codes])
    assert [replace(score, code=NEW[score.code]) for score in ours] == others


def test_report_names_the_same_categories(both):
    labels = {f"{code} {taxonomy()[code].name}": f"{NEW[code]} {taxonomy()[code].name}" for code in NEW}
    ours, others = (confusion_pairs(side, tree) for side, tree in zip(both, KNOWN, strict=True))
    assert [(labels.get(a, a), labels.get(b, b)) for a, b in ours] == others
    weak = [find_weaknesses(side, tree, n=50) for side, tree in zip(both, KNOWN, strict=True)]
    assert sorted(w.name for w in weak[0]) == sorted(w.name for w in weak[1]) != []
    told = [[_describe(o, tree) for o in side if kind_of(o)] for side, tree in zip(both, KNOWN, strict=True)]
    assert told[0] == told[1]


def _describe(outcome, tree):
    example = describe(outcome, tree, shown_sources=[], images={})
    return example.truth, example.kind, example.said.startswith("unsafe: ") and example.said.split(" (")[1:]
