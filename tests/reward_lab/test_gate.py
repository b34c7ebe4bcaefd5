"""The gate: holds for `strict` on rows of the mini world, and names what does not hold."""

from dataclasses import replace

import pytest

from proguard.policy import OOD
from proguard.reward.config import STRICT
from proguard.reward.contrast import EMPTY_NAMES
from proguard.reward_lab.constant_names import ConstantName, Earned, weigh_names
from proguard.reward_lab.gate import GateLimits, find_faults
from proguard.reward_lab.probes import PROBES, REFERENCE, make_case
from proguard.reward_lab.trial import Trial, run_trials
from tests.rules import PAPER, RULES
from tests.worlds import draw_rows, taxonomy

CASES = [make_case(row, taxonomy()) for row in draw_rows(90)[0]]
LIMITS = GateLimits(0.1, 0.05, 0.25)
NAME = ConstantName("vague words", ("C1", "C2"), Earned(0.1, 0.05), Earned(0.3, 0.2))


@pytest.fixture(scope="module")
def trials(bank):
    return run_trials(CASES, PROBES, RULES, bank)


def faults(trials, names=(NAME,), *, rule="strict", config=STRICT, word_share=0.25):
    return find_faults(
        trials, CASES, names, word_share=word_share, taxonomy=taxonomy(), rule=rule, config=config, limits=LIMITS
    )


@pytest.mark.parametrize("rule", RULES)
def test_no_probe_earns_more_than_the_honest_answer(trials, rule):
    assert {case.target.gold == OOD for case in CASES if case.target.is_unsafe} == {True, False}
    assert faults(trials, rule=rule, config=RULES[rule]) == []


def test_name_credited_too_often_is_a_fault(trials):
    found = faults(trials, [NAME, replace(NAME, name="vaguer words", balanced=Earned(0.11, 0.05))])
    assert found == ["the name 'vaguer words' is credited on 11.0% of the risks, limit 10.0%"]


def test_name_that_earns_too_much_is_a_fault(trials):
    found = faults(trials, [NAME, replace(NAME, balanced=Earned(0.1, 0.06))])
    assert found == ["the name 'vague words' earns 0.060 on the mean risk, limit 0.050"]


def test_name_of_one_category_is_no_fault_however_few_categories_there_are(trials):
    right = replace(NAME, codes=("C8", "C8S1"), balanced=Earned(0.4, 0.35))
    assert faults(trials, [right]) == []
    assert len(faults(trials, [replace(right, codes=("C8", "C9S1"))])) == 2


def test_rule_that_credits_every_name_is_shown_and_no_fault(trials):
    names = [replace(NAME, balanced=Earned(1.0, 0.5))]
    assert faults(trials, names, rule="paper", config=PAPER, word_share=1.0) == []


def test_empty_name_that_is_credited_is_a_fault(trials):
    names = [NAME, replace(NAME, name="risk"), replace(NAME, name="harm", codes=())]
    assert faults(trials, names) == ["the empty name 'risk' is credited for C1, C2"]


def test_too_many_words_that_are_credited_are_a_fault(trials):
    [fault] = faults(trials, word_share=0.254)
    assert fault.startswith(
        "25.4% of the frequent words are credited for a category, limit 25.0%: similarity.name_floor"
    )


def test_probe_that_beats_the_honest_answer_is_a_fault(trials):
    honest = next(t.rewards for t in trials if t.rule == "strict" and t.probe == REFERENCE)
    better = Trial("strict", "a trick", (replace(honest[0], request=honest[0].request + 1), *honest[1:]))
    assert faults([*trials, better]) == ["the probe 'a trick' earns more than the honest answer on 1 rows"]


def test_honest_answer_below_the_most_is_a_fault(trials):
    short = [
        replace(t, rewards=tuple(replace(r, category=0.0, bonus=0.0) for r in t.rewards))
        for t in trials
        if t.rule == "strict" and t.probe == REFERENCE
    ]
    assert faults(short)[0].startswith("the honest answer earns less than the most on ")


@pytest.mark.parametrize("value", [-0.1, 1.1, "0.1", None, True, float("nan")])
def test_limit_out_of_range_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"reward_lab.max_mean: expected a number in \[0, 1\], found"):
        GateLimits(0.1, value, 0.25)


def test_every_phrase_of_the_taxonomy_stays_within_the_limits_on_balanced_rows(bank):
    phrases = [text for node in bank.taxonomy for text in (node.name, *node.synonyms)]
    codes = {node.code: 1 for node in bank.taxonomy}
    for found in weigh_names([*phrases, *EMPTY_NAMES], codes, bank, STRICT):
        assert found.balanced.share <= LIMITS.max_share
        assert found.balanced.mean <= LIMITS.max_mean
