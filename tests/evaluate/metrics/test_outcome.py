"""Reading completions into outcomes."""

from dataclasses import replace

import pytest

from proguard.evaluate.metrics.outcome import judge
from proguard.naming import NameBank
from proguard.reward.config import STRICT
from proguard.reward.score import max_reward
from proguard.verdict import Verdict, render
from tests.outcomes import MINILM, answer, draw_test_rows, predict
from tests.rules import PAPER
from tests.worlds import taxonomy


@pytest.fixture(scope="module")
def bank():
    return NameBank(taxonomy(), MINILM)


def test_judge_gives_one_outcome_per_row_in_order(bank):
    rows, _ = draw_test_rows(30)
    outcomes = judge(rows, predict(rows, answer(rows, skill=0.5)), bank, STRICT)
    assert [o.row for o in outcomes] == rows
    assert all(0 <= o.reward <= max_reward(o.target) for o in outcomes)


def test_judge_malformed_is_unread_and_has_no_reward(bank):
    rows, _ = draw_test_rows(6)
    outcomes = judge(rows, predict(rows, dict.fromkeys((r.sample.id for r in rows), "safe")), bank, STRICT)
    assert {(o.reading.is_read, o.reading.detail, o.reward) for o in outcomes} == {(False, "no_match", 0.0)}


def test_judge_verdict_on_a_response_that_was_not_given_is_malformed(bank):
    rows = [row for row in draw_test_rows(60)[0] if row.sample.request and not row.sample.has_response]
    for response, status in ((None, "ok"), ("safe", "wrong_fields")):
        completions = {row.sample.id: render(Verdict("safe", response, None, "r")) for row in rows}
        outcomes = judge(rows, predict(rows, completions), bank, STRICT)
        assert {(o.reading.detail, o.target.response_label) for o in outcomes} == {(status, None)}


def test_judge_bonus_is_strict_whatever_the_rule(bank):
    rows, _ = draw_test_rows(60)
    completions = predict(rows, answer(rows, skill=1.0))
    strict, paper = (judge(rows, completions, bank, rule) for rule in (STRICT, PAPER))
    assert [o.bonus for o in strict] == [o.bonus for o in paper]
    assert sum(o.reward for o in paper) > sum(o.reward for o in strict)


def test_judge_counts_the_tokens_of_our_guards_answers_only(bank):
    rows, _ = draw_test_rows(6)
    predictions = predict(rows, answer(rows, skill=1.0))
    id_ = rows[0].sample.id
    predictions[id_] = replace(predictions[id_], family="other")
    outcomes = judge(rows, predictions, bank, STRICT, lambda texts: [len(text) for text in texts])
    assert outcomes[0].tokens is None
    assert [o.tokens for o in outcomes[1:]] == [
        len("".join(predictions[o.row.sample.id].answers.values())) for o in outcomes[1:]
    ]
    assert {o.tokens for o in judge(rows, predictions, bank, STRICT)} == {None}


def test_judge_missing_completion_names_the_row(bank):
    rows, _ = draw_test_rows(6)
    completions = predict(rows, answer(rows, skill=1.0))
    del completions[rows[0].sample.id]
    with pytest.raises(ValueError, match=f"none for 1 rows, such as {rows[0].sample.id}"):
        judge(rows, completions, bank, STRICT)


def test_judge_completion_without_a_row_is_named(bank):
    rows, _ = draw_test_rows(6)
    with pytest.raises(ValueError, match="1 are of no row, such as stray"):
        judge(
            rows, (read := predict(rows, answer(rows, skill=1.0))) | {"stray": next(iter(read.values()))}, bank, STRICT
        )
