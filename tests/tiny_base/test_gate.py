import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import AutoModelForImageTextToText, AutoProcessor

from proguard.naming import NameBank, SimilarityConfig
from proguard.policy import Policy
from proguard.target import Target
from proguard.taxonomy import load_taxonomy
from tests.tiny_base.gate import GATE, Question, Standing, check_gate, draw_exam, mark_exam, sit_exam

BASE = Path("data/tiny_base")
TAXONOMY = load_taxonomy("data/taxonomy.yaml")
BANK = NameBank(TAXONOMY, SimilarityConfig("minilm_wheel", "all-MiniLM-L6-v2", None, 0.5, 0.35, 0.4))
PASSING = Standing(0.99, 0.8, 0.5, 0.2, 0.4)


def question(code, *, shown):
    label = "unsafe" if code else "safe"
    policy = Policy("subcategory", ((shown, shown),))
    return Question([], None, Target("image", False, label, None, code, policy))


def completion(request, category):
    return f"<think>\nwhy\n</think>\n<answer>\nRequest:{request}\nCategory:{category}\n</answer>"


def test_mark_exam_counts_each_share():
    # 5 questions: right id; listed but another word; good name; malformed on an unlisted risk; right safe.
    questions = [
        question("C6S1", shown="C6S1"),
        question("C6S1", shown="C6S1"),
        question("C6S1", shown="C1S1"),
        question("C6S1", shown="C1S1"),
        question(None, shown="C1S1"),
    ]
    written = [
        completion("unsafe", "C6S1"),
        completion("safe", "None"),
        completion("unsafe", "Accounting Fraud"),
        "no format",
        completion("safe", "None"),
    ]
    # well formed 4/5, request right 3/5, listed 1/2, named 1/2, and that name is a synonym: 1/1.
    assert mark_exam(questions, written, BANK) == Standing(0.8, 0.6, 0.5, 0.5, 1.0)


def test_mark_exam_without_names_has_no_share_of_good_ones():
    standing = mark_exam([question(None, shown="C1S1")], [completion("safe", "None")], BANK)
    assert math.isnan(standing.well_named)


def test_check_gate_within_bounds_passes():
    check_gate(PASSING)


@pytest.mark.parametrize("field", ["well_formed", "request_accuracy", "named"])
def test_check_gate_names_the_field_that_fails(field):
    with pytest.raises(ValueError, match=field):
        check_gate(replace(PASSING, **{field: 0.01}))


@pytest.fixture(scope="module")
def base():
    model = AutoModelForImageTextToText.from_pretrained(BASE)
    processor = AutoProcessor.from_pretrained(BASE)
    return model.eval(), processor


@pytest.mark.slow
@pytest.mark.parametrize("split", ["train", "test"])
def test_tiny_base_sampled_passes_its_gate(base, split):
    exam = draw_exam(TAXONOMY, split=split, n=600, shuffle_ids=True, rng=random.Random(split))
    check_gate(mark_exam(exam, sit_exam(*base, exam, is_sampled=True, seed=0), BANK))


@pytest.mark.slow
def test_tiny_base_sampled_judges_a_response_only_when_it_is_given(base):
    exam = draw_exam(TAXONOMY, split="test", n=900, shuffle_ids=True, rng=random.Random(1))
    unanswered = [q for q in exam if q.target.modality != "image" and not q.target.has_response]
    written = sit_exam(*base, unanswered, is_sampled=True, seed=0)
    assert mark_exam(unanswered, written, BANK).well_formed >= GATE["well_formed"][0]


@pytest.mark.slow
def test_tiny_base_greedy_hardly_names(base):
    exam = draw_exam(TAXONOMY, split="test", n=300, shuffle_ids=True, rng=random.Random(0))
    assert mark_exam(exam, sit_exam(*base, exam, is_sampled=False, seed=0), BANK).named <= 0.1


def test_tiny_base_is_small_enough_for_git():
    assert sum(f.stat().st_size for f in BASE.iterdir()) < 6.5e6
