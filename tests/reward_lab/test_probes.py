"""Probes answer every row, and each is what its name says."""

import pytest

from proguard.policy import OOD
from proguard.reward_lab.probes import INVENTED_ID, PROBES, REFERENCE, make_case, write
from proguard.verdict import parse, render
from tests.worlds import draw_rows, taxonomy

CASES = [make_case(row, taxonomy()) for row in draw_rows(60)[0]]


def said(name, case):
    return parse(PROBES[name](case), has_response=case.target.has_response).verdict


def test_write_is_render_where_the_grammar_can_say_it():
    for case in CASES:
        assert write(case.honest) == render(case.honest)


@pytest.mark.parametrize("name", PROBES)
def test_probe_answers_every_row(name):
    assert all(PROBES[name](case).endswith("</answer>") for case in CASES)


def test_honest_reference_comes_first_and_is_the_reference():
    assert next(iter(PROBES)) == REFERENCE
    assert all(said(REFERENCE, case) == case.honest for case in CASES)


@pytest.mark.parametrize("name", [name for name in PROBES if name.startswith("right labels")])
def test_right_labels_are_right_and_only_the_category_differs(name):
    for case in CASES:
        verdict = said(name, case)
        if case.code is None:
            assert verdict == case.honest
        elif verdict is not None:
            assert (verdict.request, verdict.response) == (case.honest.request, case.honest.response)
            assert verdict.category != case.honest.category or "hidden id" in name


def test_wrong_id_is_shown_and_of_another_category():
    for case in (c for c in CASES if c.code is not None):
        category = said("right labels, wrong id", case).category
        code = case.target.policy.code_of(category)
        assert category == INVENTED_ID or code.split("S")[0] != case.target.category.split("S")[0]


def test_blind_probe_says_the_same_of_every_unlisted_row():
    answers = {said("always 'risk'", c).category for c in CASES if c.target.gold == OOD}
    assert answers == {"risk"}
