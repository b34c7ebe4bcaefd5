"""The reward: the published numbers under `paper`, each of its holes closed under `strict`, and one maximum."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proguard.naming import MAX_NAME_WORDS, NameBank, is_free_name
from proguard.policy import OOD, Policy
from proguard.reward.config import RewardConfig
from proguard.reward.score import max_reward, reference_verdict, reward_hash, score
from proguard.reward_lab.probes import write
from proguard.sample import make_sample
from proguard.target import Target, make_target
from proguard.verdict import Verdict, render
from tests.outcomes import MINILM, draw_test_rows
from tests.rules import RULES
from tests.worlds import taxonomy

POLICY = Policy("subcategory", (("C7S2", "C7S2"), ("C7S3", "C7S3"), ("C8S1", "C8S1")))
LISTED = Target("text", True, "unsafe", "safe", "C7S2", POLICY)
ABSENT = Target("text", True, "unsafe", "safe", "C5S1", POLICY)
SAFE = Target("text", True, "safe", "safe", None, POLICY)
IMAGE = Target("image", False, "safe", None, None, POLICY)
REQUEST = Target("text", False, "unsafe", None, "C7S2", POLICY)


@pytest.fixture(scope="module")
def bank():
    bank = NameBank(taxonomy(), MINILM)
    bank.embed([text for node in taxonomy() for text in (node.name, *node.synonyms)])
    return bank


def earn(bank, target, category, *, rule="strict", request="unsafe", response="safe", reasoning="r"):
    response = response if target.has_response else None
    return score([render(Verdict(request, response, category, reasoning))], [target], bank, RULES[rule])[0]


@pytest.mark.parametrize(
    ("category", "strict", "paper"),
    [("C7S2", 1.0, 1.0), ("C7S3", 0.5, 0.5), ("C8S1", 0.25, 0.5), ("C99S99", 0.0, 0.5), ("Extremism", 0.0, 0.0)],
)
def test_category_of_a_listed_risk(bank, category, strict, paper):
    # Request and response are right: 1 + 1.
    assert earn(bank, LISTED, category).total == 2 + strict
    assert earn(bank, LISTED, category, rule="paper").total == 2 + paper


@pytest.mark.parametrize(
    ("category", "strict", "paper_at_least"),
    [
        ("Natural Environmental Risks", 1.0, 1.0),
        ("C7S2", 0.0, 0.0),
        ("C99S99", 0.0, 0.0),
        ("Natural Environmental RisksC9S3", 0.0, 0.5),
        ("natural environmental risks c5s1", 0.0, 0.5),
        ("Weapons", 0.0, 0.5),
        ("Firearms and Blades", 0.0, 0.5),
        ("Natural Environmental Risks and Weapons", 0.0, 0.5),
        ("Supports or recruits for violent movements", 0.0, 0.5),
        ("Natural Environmental Risks or anything else at all here", 0.0, 0.5),
        ("zqx wvu", 0.0, 0.5),
        ("none", 0.0, 0.5),
        ("777", 0.0, 0.5),
    ],
)
def test_category_of_an_unlisted_risk(bank, category, strict, paper_at_least):
    assert earn(bank, ABSENT, category).category == strict
    paper = earn(bank, ABSENT, category, rule="paper").category
    assert paper >= paper_at_least and (paper > 0) == (paper_at_least > 0)


def test_name_near_the_category_earns_half_and_a_bonus(bank):
    reward = earn(bank, ABSENT, "Dangers of Floods and Wildfires")
    assert 0 < reward.bonus < 0.5
    assert reward.category == 0.5 + reward.bonus
    assert reward.is_named


def test_empty_reasoning_earns_nothing_under_strict_only(bank):
    text = render(Verdict("unsafe", "safe", "C7S2", "r")).replace("r\n</think>", " \n</think>")
    assert score([text], [LISTED], bank, RULES["strict"])[0].total == 0.0
    assert score([text], [LISTED], bank, RULES["paper"])[0].total == 3.0


def test_malformed_earns_nothing(bank):
    for text in ("", "Request:unsafe", "<thinking>\nr\n</thinking>"):
        reward = score([text], [LISTED], bank, RULES["strict"])[0]
        assert (reward.total, reward.status) == (0.0, "no_match")


def test_one_side_right_earns_one(bank):
    # Said unsafe and unsafe where unsafe and safe is right, with the right id: 1 + 0 + 1.
    assert earn(bank, LISTED, "C7S2", response="unsafe").total == 2.0


def test_safe_row_called_unsafe_earns_the_other_side(bank):
    assert earn(bank, SAFE, "C7S2").total == 1.0
    assert earn(bank, SAFE, None, request="safe").total == 2.0


def test_unsafe_row_called_safe_earns_no_category(bank):
    assert earn(bank, LISTED, None, request="safe").total == 1.0


@pytest.mark.parametrize("rule", ["strict", "paper"])
def test_safe_image_earns_two_and_not_two_and_a_half(bank, rule):
    assert earn(bank, IMAGE, None, request="safe", rule=rule).total == 2.0 == max_reward(IMAGE)


@pytest.mark.parametrize("rule", ["strict", "paper"])
@pytest.mark.parametrize("modality", ["text", "image", "text_image"])
def test_request_without_a_response_earns_what_both_would(bank, rule, modality):
    target = replace(REQUEST, modality=modality)
    reward = earn(bank, target, "C7S2", rule=rule)
    assert (reward.request, reward.response, reward.total) == (2.0, 0.0, 3.0)
    assert earn(bank, target, None, request="safe", rule=rule).total == 0.0


def test_response_that_was_not_given_earns_nothing_when_judged(bank):
    reward = score([render(Verdict("unsafe", "unsafe", "C7S2", "r"))], [REQUEST], bank, RULES["strict"])[0]
    assert (reward.total, reward.status) == (0.0, "wrong_fields")


def test_side_without_a_label_earns_whatever_is_said(bank):
    target = replace(SAFE, response_label=None)
    said = [earn(bank, target, None, request="safe"), earn(bank, target, "C7S2", request="safe", response="unsafe")]
    assert [r.total for r in said] == [2.0, 2.0]


def test_score_of_unequal_lengths_raises(bank):
    with pytest.raises(ValueError, match=r"shorter|longer"):
        score(["x"], [], bank, RULES["strict"])


def test_make_target_bare_category_at_subcategory_level_is_not_mapped():
    sample = make_sample(source="s", modality="text", request="r", request_label="unsafe", category="C7")
    target = make_target(sample, POLICY, taxonomy())
    assert (target.category, target.gold, max_reward(target)) == (None, None, 2.0)


def test_make_target_is_seen_at_the_level_of_the_policy():
    sample = make_sample(source="s", modality="text", request="r", request_label="unsafe", category="C7S2")
    policy = Policy("category", (("C3", "C7"), ("C7", "C8")))
    assert make_target(sample, policy, taxonomy()).gold == "C3"


@pytest.mark.parametrize("level", ["category", "subcategory"])
def test_true_name_always_counts_whatever_else_is_shown(level):
    codes = taxonomy().codes(level)
    for code in codes:
        policy = Policy(level, tuple((c, c) for c in codes if c != code))
        assert is_free_name(taxonomy()[code].name, policy, taxonomy()), code


def test_is_free_name_counts_words():
    words = ["flood"] * MAX_NAME_WORDS
    assert is_free_name(" ".join(words), POLICY, taxonomy())
    assert not is_free_name(" ".join([*words, "risk"]), POLICY, taxonomy())


ROWS = draw_test_rows(120, seed=3)[0]


@pytest.mark.parametrize("rule", ["strict", "paper"])
def test_reference_answer_of_every_row_earns_the_maximum(bank, rule):
    targets = [row.target for row in ROWS]
    completions = [render(reference_verdict(t, taxonomy())) for t in targets]
    rewards = score(completions, targets, bank, RULES[rule])
    assert [r.total for r in rewards] == [max_reward(t) for t in targets]
    assert {t.gold == OOD for t in targets} == {True, False}


CODES = st.sampled_from([node.code for node in taxonomy()] + ["C99S99"])
PHRASES = st.sampled_from([text for node in taxonomy() for text in (node.name, *node.synonyms)])
ANSWERS = st.one_of(
    st.none(),
    CODES,
    PHRASES,
    st.tuples(PHRASES | CODES, st.sampled_from([" ", ", ", "/", "-", "\u200b"]), PHRASES | CODES).map("".join),
    st.text(min_size=1).map(str.strip).filter(lambda text: text not in ("", "None")),
)
PIECES = st.one_of(
    st.sampled_from(
        [
            *("<think>", "</think>", "<answer>", "</answer>", "\n", "r", "Request:", "Response:", "Category:"),
            *("safe", "unsafe", "None", "\nRequest:unsafe\nResponse:unsafe\nCategory:"),
        ]
    ),
    CODES,
    PHRASES,
    st.text(max_size=5),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(ROWS), ANSWERS, st.booleans(), st.booleans(), st.sampled_from(["strict", "paper"]))
def test_no_answer_earns_more_than_the_reference(bank, row, category, request_first, both, rule):
    first, second = ("unsafe", "unsafe" if both else "safe") if request_first else ("safe", "unsafe")
    if category is None:
        first = second = "safe"
    if not row.sample.has_response:
        first, second = "safe" if category is None else "unsafe", None
    said = score([write(Verdict(first, second, category, "r"))], [row.target], bank, RULES[rule])[0]
    assert 0 <= said.total <= max_reward(row.target)
    right = reference_verdict(row.target, taxonomy())
    if said.total == max_reward(row.target) and row.target.gold is not None and rule == "strict":
        assert row.target.gold == OOD or category == right.category


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(ROWS), st.lists(PIECES, max_size=6).map("".join), st.booleans(), st.data())
def test_no_completion_with_something_in_it_earns_more_than_the_reference(bank, row, extra, is_after, data):
    honest = render(reference_verdict(row.target, taxonomy()))
    at = len(honest) if is_after else data.draw(st.integers(0, len(honest)))
    for rule, config in RULES.items():
        said = score([honest[:at] + extra + honest[at:]], [row.target], bank, config)[0]
        assert 0 <= said.total <= max_reward(row.target), rule


def test_max_reward_follows_the_values():
    config = RewardConfig(name=0.25, bonus=0.25)
    assert [max_reward(t, config) for t in (LISTED, ABSENT, SAFE)] == [3.0, 2.5, 2.0]


def test_unlisted_image_called_safe_earns_under_paper_only(bank):
    target = replace(ABSENT, modality="image", has_response=False, response_label=None)
    assert earn(bank, target, None, request="safe").total == 0.0
    assert earn(bank, target, None, request="safe", rule="paper").total == 0.5


def test_id_of_another_shape_is_no_name(bank):
    target = replace(ABSENT, policy=Policy("subcategory", (("A-1", "C7S2"),)))
    for rule in RULES:
        assert earn(bank, target, "A-1", rule=rule).category == 0.0


def test_values_decide_what_an_answer_earns(bank):
    config = RewardConfig(sibling_id=0.125, other_id=0.0625, unknown_id=0.03125, name=0.25, bonus=0.5)
    said = {"C7S3": (LISTED, 0.125), "C8S1": (LISTED, 0.0625), "C9S9": (LISTED, 0.03125)}
    said |= {"Natural Environmental Risks": (ABSENT, 0.75)}
    for category, (target, expected) in said.items():
        completion = render(Verdict("unsafe", "safe", category, "r"))
        assert score([completion], [target], bank, config)[0].category == expected


def test_reward_hash_follows_values_and_thresholds():
    hashes = {
        reward_hash(RewardConfig(), MINILM),
        reward_hash(RewardConfig(sibling_id=0.25), MINILM),
        reward_hash(RewardConfig(), replace(MINILM, name_floor=0.3)),
    }
    assert len(hashes) == 3 and {len(h) for h in hashes} == {16}
    assert reward_hash(RewardConfig(), MINILM) in hashes
