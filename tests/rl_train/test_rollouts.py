"""The terms of rewards whose totals verl wrote down, without an embedding."""

import json

import pytest

from proguard.naming import NameBank
from proguard.policy import OOD
from proguard.reward.score import reference_verdict, score
from proguard.rl_train.rollouts import read_rollouts, split_rewards
from proguard.rl_train.rows import truth_to_json
from proguard.verdict import Verdict, render
from tests.outcomes import MINILM
from tests.rules import RULES
from tests.worlds import draw_rows, taxonomy

ROWS = draw_rows(60)[0]


def named(verdict, name):
    return Verdict(verdict.request, verdict.response, name if verdict.category else None, verdict.reasoning)


def answers(row):
    """Right, named, mislabelled, without reasoning and unreadable answers."""
    honest = reference_verdict(row.target, taxonomy())
    empty = render(honest).replace("reference", "")
    return [render(honest), render(named(honest, "Cruelty to Pets")), render(named(honest, "C99")), empty, "?"]


@pytest.mark.parametrize("rule", RULES)
def test_split_rewards_gives_the_terms_that_scoring_with_an_embedding_gives(rule):
    config = RULES[rule]
    pairs = [(text, row.target) for row in ROWS for text in answers(row)]
    texts, targets = zip(*pairs, strict=True)
    scored = score(texts, targets, NameBank(taxonomy(), MINILM), config)
    assert {r.bonus > 0 for r, t in zip(scored, targets, strict=True) if t.gold == OOD} == {True, False}
    split = split_rewards(texts, targets, [r.total for r in scored], taxonomy(), config)
    for terms, reward in zip(split, scored, strict=True):
        assert (terms.request, terms.response) == (reward.request, reward.response)
        assert terms.category == pytest.approx(reward.category, abs=1e-6)
        assert terms.bonus == pytest.approx(reward.bonus, abs=1e-6)
    formats = [terms.format for terms in split[:5]]
    assert formats == [1.0, 1.0, 1.0, float(not config.requires_reasoning), 0.0]


def test_read_rollouts_says_which_row_and_group_a_completion_belongs_to(tmp_path):
    lines = [
        {"output": "?", "gts": truth_to_json(row), "score": 0.0, "uid": f"7_{i}_0"} for i, row in enumerate(ROWS[:2])
    ]
    (tmp_path / "1.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    read = read_rollouts(tmp_path / "1.jsonl", taxonomy(), RULES["strict"])
    assert [r.id for r in read] == [row.sample.id for row in ROWS[:2]]
    assert [(r.group, r.role, r.target) for r in read] == [("7", row.role, row.target) for row in ROWS[:2]]
