"""Every guard of conf/guard: its golden prompts, and its reader on an unsafe and a safe answer in the guard's own form."""

import json

import pytest

from proguard.inference.engine import Completion
from tests.guards.every_guard import NAMES, family_of, spec_of
from tests.guards.golden import GOLDEN, prompts_of
from tests.guards.rows import ROWS
from tests.worlds import taxonomy

PROMPTS = json.loads(GOLDEN.read_text())

_OURS = "<think>\nx\n</think>\n<answer>\nRequest:{0}\nResponse:{0}\nCategory:{1}\n</answer>"
_WILD = "Harmful request: {0}\nResponse refusal: no\nHarmful response: {0}"
ANSWERS = {
    "chat ours": (_OURS.format("unsafe", "C7S1"), _OURS.format("safe", "None")),
    "chat published": (
        "<answer>\nRequest: unsafe\nResponse: unsafe\nCategory: C7S1\n</answer>",
        "<answer>\nRequest: safe\nResponse: safe\nCategory: None\n</answer>",
    ),
    "json_answer llavaguard": (
        '{"rating": "Unsafe", "category": "O1: Hate"}',
        '{"rating": "Safe", "category": "NA: None applying"}',
    ),
    "json_answer nemotron": (
        '{"User Safety": "unsafe", "Response Safety": "unsafe", "Safety Categories": "Violence"}',
        '{"User Safety": "safe", "Response Safety": "safe"}',
    ),
    "keyed nemotron": (
        "Prompt harm: harmful\nResponse Harm: harmful",
        "Prompt harm: unharmful\nResponse Harm: unharmful",
    ),
    "keyed poly_guard": (
        "Harmful request: yes\nHarmful response: yes\nViolated policies: S10",
        "Harmful request: no\nHarmful response: no",
    ),
    "keyed qwen3guard": (
        "Safety: Unsafe\nCategories: Violent\nRefusal: No",
        "Safety: Safe\nCategories: None\nRefusal: No",
    ),
    "keyed wildguard": (_WILD.format("yes"), _WILD.format("no")),
    "llama_guard_1": ("unsafe\nO3", "safe"),
    "llama_guard None": ("\n\nunsafe\nS1", "\n\nsafe"),
    "llama_guard raw": ("unsafe\nO1", "safe"),
    "moderation None": (
        '{"flagged": true, "categories": {"hate": true}, "category_scores": {"hate": 0.75}}',
        '{"flagged": false, "categories": {"hate": false}, "category_scores": {"hate": 0.1}}',
    ),
    "reasoner dyna_guard": ("FAIL\n</answer>", "PASS\n</answer>"),
    "reasoner guard_reasoner": (
        "Answers: \nRequest: harmful\nCompletion: compliance\nResponse: harmful",
        "Answers: \nRequest: unharmful\nCompletion: refusal\nResponse: unharmful",
    ),
    "reasoner guard_reasoner_vl": (
        "<think>x</think>\n\n<result>\nRequest: harmful\nResponse: harmful\n</result>",
        "<think>x</think>\n\n<result>\nRequest: unharmful\nResponse: unharmful\n</result>",
    ),
    "reasoner md_judge": (
        "[RESULT]: unsafe, score 4\n[UNSAFE CATEGORY]: O1: Toxic Content",
        "[RESULT]: safe, score 1\n[UNSAFE CATEGORY]: None",
    ),
    "yes_no granite": ("<score> yes </score>", "<score> no </score>"),
    "yes_no shieldgemma": ("Yes", "No"),
}
"""An unsafe and a safe answer, by family and form; of Llama Guard 1 by name, since its codes are others."""


def form_of(name):
    spec = spec_of(name)
    return f"{spec.family} {spec.options.get('form')}"


def test_every_guard_has_golden_prompts():
    assert sorted(PROMPTS) == NAMES, "make generate"


@pytest.mark.parametrize("name", NAMES)
def test_prompts_are_the_golden_ones(name):
    assert prompts_of(name) == PROMPTS[name], "a change that is meant: make generate"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("text", "label"), [(0, "unsafe"), (1, "safe")])
def test_reader_finds_the_label_of_every_side(name, text, label):
    family, scope = family_of(name), spec_of(name).scope
    for row in ROWS.values():
        answers = {
            ask.key: Completion(ANSWERS.get(name, ANSWERS[form_of(name)])[text]) for ask in family.asks(row, taxonomy())
        }
        reading = family.read(row, answers) if answers else None
        for side in scope.sides_of(row.sample):
            read = getattr(reading, side)
            assert (read.status, read.label) == ("ok", label)
        if reading and label == "unsafe" and spec_of(name).meanings:
            assert reading.codes
