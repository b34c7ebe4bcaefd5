"""Readers of tagged answers, on what models were seen to write."""

import pytest

from proguard.guards.answer import read_dyna_guard, read_guard_reasoner, read_md_judge


@pytest.mark.parametrize(
    ("text", "request_label", "response_label", "detail"),
    [
        ("...\nAnswers: Request: harmful Completion: None Response: None", "unsafe", None, "ok"),
        ("Answers: \nRequest: unharmful\nCompletion: refusal\nResponse: unharmful<|eot_id|>", "safe", "safe", "ok"),
        ("Answers\nRequest: unharmful, Completion: refusal, Response: harmful", "safe", "unsafe", "ok"),
        ("Answers: Response: unharmful", None, "safe", "ok"),
        ("Answers: Request: None Response: harmful", None, "unsafe", "ok"),
        ("Answers: Request: ambiguous", None, None, "ok"),
        ("Answers: Request: harmful Completion: non-compliance Response unharmful", "unsafe", "safe", "ok"),
        ("<think>a</think>\n\n<result>\nRequest: harmful\nResponse: none\n</result>", "unsafe", None, "ok"),
        ("Request: harmful is tempting.\nAnswers: Request: unharmful", "safe", None, "ok"),
        ("Answers: Request: harmful ... Answers: Request: unharmful", "safe", None, "ok"),
        ("ANSWERS: REQUEST: HARMFUL", "unsafe", None, "ok"),
        ("and again and again", None, None, "no_match"),
        ("", None, None, "no_match"),
    ],
)  # fmt: skip
def test_read_guard_reasoner(text, request_label, response_label, detail):
    answered = read_guard_reasoner(text)
    assert (answered.request, answered.response, answered.detail) == (request_label, response_label, detail)


@pytest.mark.parametrize(
    ("text", "label", "detail"),
    [
        ("<think>x</think>\n<answer>\nFAIL\n</answer>\n<explanation>", "unsafe", "ok"),
        ("<answer>\nPASS", "safe", "ok"),
        ("<think>FAIL is likely</think><answer>PASS</answer>", "safe", "ok"),
        ("<answer>maybe</answer> FAIL", "unsafe", "untagged"),
        ("the agent gets a PASS", "safe", "untagged"),
        ("<think>it would FAIL</think> and nothing", None, "no_match"),
        ("PASSING", None, "no_match"),
    ],
)
def test_read_dyna_guard(text, label, detail):
    answered = read_dyna_guard(text)
    assert (answered.request, answered.response, answered.detail) == (None, label, detail)


@pytest.mark.parametrize(
    ("text", "label", "labels", "detail"),
    [
        ("x\n[RESULT]: unsafe, score 4\n[UNSAFE CATEGORY]: O12: Fraud or Deceptive Action", "unsafe", ("O12",), "ok"),
        ("text [RESULT]: safe, 1", "safe", (), "ok"),
        ("[result] : UNSAFE", "unsafe", (), "ok"),
        ("[RESULT]: safe [RESULT]: unsafe", None, (), "ambiguous"),
        ("safe", None, (), "no_match"),
    ],
)
def test_read_md_judge(text, label, labels, detail):
    answered = read_md_judge(text)
    assert (answered.response, answered.labels, answered.detail) == (label, labels, detail)
