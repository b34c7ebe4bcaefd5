"""The lab as a whole, and its table and figure."""

import re
from dataclasses import replace

import pytest

from proguard.naming import NameBank
from proguard.reward.config import STRICT, RewardConfig
from proguard.reward_lab.figure import draw_table
from proguard.reward_lab.probes import REFERENCE, make_case
from proguard.reward_lab.run import BEST_NAME, plan_lab, run_lab, share_credited
from proguard.reward_lab.trial import draw_cases, label_of
from tests.rules import PAPER, RULES
from tests.worlds import draw_rows, taxonomy

ROWS = draw_rows(60)[0]
VALUES = {name: {f: getattr(rule, f) for f in rule.__slots__} for name, rule in RULES.items()}
SIZE = {
    "max_share": 0.1,
    "max_mean": 0.05,
    "max_word_share": 0.25,
    "max_rows": 50,
    "n_words": 20,
    "max_words": 1,
    "seed": 0,
}


@pytest.fixture(scope="module")
def findings(bank):
    return run_lab(ROWS, plan_lab(STRICT, rules=VALUES, **SIZE), bank)


def test_table_has_a_line_per_rule_probe_modality_and_label(findings):
    table = findings.table
    keys = table.select("rule", "probe", "modality", "label")
    assert len(keys.unique()) == len(table)
    per_probe = table.group_by("rule", "probe").agg(rows="rows").select("rows").to_series()
    assert {sum(rows) for rows in per_probe.to_list()} == {50}
    assert {REFERENCE, BEST_NAME} < set(table["probe"])


def test_reference_earns_the_most_and_paper_shows_its_holes(findings):
    table = findings.table
    assert set(table.filter(probe=REFERENCE)["of_most"]) == {1.0}
    holes = table.filter(probe="no reasoning").group_by("rule").agg(reward="of_most")
    assert dict(holes.rows()) == {"strict": [0.0] * 9, "paper": [1.0] * 9}
    always = table.filter(probe="always 'harmful content'", label="unlisted")
    assert set(always.filter(rule="strict")["credited"]) == {0.0}
    assert set(always.filter(rule="paper")["credited"]) == {1.0}


def test_findings_do_not_depend_on_the_order_of_rows(findings, bank):
    again = run_lab(ROWS[::-1], plan_lab(STRICT, rules=VALUES, **SIZE), bank)
    assert again.table.equals(findings.table)
    assert again.summary() == findings.summary()
    assert draw_table(again.table, list(RULES)) == draw_table(findings.table, list(RULES))


def test_conclusion_says_what_holds_and_that_an_open_rule_is_not_asked_about_names(findings, bank):
    assert findings.conclusion("strict") == "The gate of strict holds.\n"
    assert replace(findings, faults=("a", "b")).conclusion("strict") == "FAULT: a\nFAULT: b\n"
    told = run_lab(ROWS, plan_lab(PAPER, rules=VALUES, **SIZE), bank).conclusion("paper")
    assert findings.summary()["names_are_gated"]
    assert "names are not gated" in told and "is credited on 100% of the risks" in told


def test_share_credited_counts_words_only(findings):
    credited, not_credited = (next(n.name for n in findings.names if bool(n.codes) == b) for b in (True, False))
    assert share_credited(findings.names, [credited, not_credited, not_credited, not_credited]) == 0.25
    assert share_credited(findings.names, []) == 0.0


def test_rule_whose_names_need_not_be_near_is_stopped(bank):
    loose = NameBank(bank.taxonomy, replace(bank.config, name_floor=0.0))
    found = run_lab(ROWS, plan_lab(STRICT, rules=VALUES, **{**SIZE, "n_words": 1500}), loose)
    assert len(found.faults) == 1
    assert re.fullmatch(r"4\d\.\d% of the frequent words are credited .*: similarity.name_floor .*", found.faults[0])
    assert run_lab(ROWS, plan_lab(STRICT, rules=VALUES, **{**SIZE, "n_words": 1500}), bank).faults == ()


def test_overview_is_the_mean_over_all_rows(findings):
    overview = findings.overview()
    honest = findings.table.filter(rule="strict", probe=REFERENCE)
    expected = sum(a * b for a, b in honest.select("reward", "rows").rows()) / 50
    assert overview.filter(probe=REFERENCE)["strict"].item() == pytest.approx(expected, abs=0.01)


def test_plan_lab_gates_the_reward_that_trains():
    assert plan_lab(STRICT, rules=VALUES, **SIZE).gated == "strict"
    assert plan_lab(PAPER, rules=VALUES, **SIZE).gated == "paper"
    plan = plan_lab(RewardConfig(sibling_id=0.25), rules=VALUES, **SIZE)
    assert (plan.gated, list(plan.rules)) == ("training", ["strict", "paper", "training"])


def test_rows_without_an_unlisted_risk_are_refused(bank):
    safe = [row for row in ROWS if not row.target.is_unsafe]
    with pytest.raises(ValueError, match="none of .* rows has a risk that its policy does not list"):
        run_lab(safe, plan_lab(STRICT, rules=VALUES, **SIZE), bank)


def test_draw_cases_takes_the_same_in_any_order():
    cases = [make_case(row, taxonomy()) for row in ROWS]
    drawn = draw_cases(cases, 10, seed=1)
    assert [c.row.sample.id for c in drawn] == [c.row.sample.id for c in draw_cases(cases[::-1], 10, seed=1)]
    assert {label_of(case.target) for case in draw_cases(cases, 60, seed=0)} == {"safe", "listed", "unlisted"}


def test_label_of_a_risk_that_nobody_knows_is_unmapped():
    target = next(row.target for row in ROWS if row.target.is_unsafe)
    assert label_of(replace(target, category=None)) == "unmapped"


def test_summary_has_the_best_names_of_both_measures_best_first(findings):
    summary = findings.summary()
    for measure, key in (("best_names", "balanced_mean"), ("best_on_rows", "on_rows_mean")):
        means = [name[key] for name in summary[measure]]
        assert means == sorted(means, reverse=True)
        assert len(means) == 10
