"""Items through a guard, with engines that answer by rule."""

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from proguard.card import GuardLimits
from proguard.guard_folder import seal_guard
from proguard.inference.engine import PromptTooLongError
from proguard.moderate.guard import Guard
from proguard.moderate.item import Item, make_item
from tests.moderate.engines import FailingEngine, RuleEngine, ScoringEngine, say
from tests.moderate.test_item import BLUE, RED
from tests.worlds import make_guard_card, taxonomy
from tools.closure import ROOT

CARD = make_guard_card()
IN_PARTS = replace(CARD, max_shown={"subcategory": 10, "category": 7})


def guard(engine, card=CARD, **options):
    return Guard(engine if hasattr(engine, "complete") else RuleEngine(engine), card, taxonomy(), **options)


def judge(engine, card=CARD, policy=None, **item):
    return guard(engine, card).moderate([make_item(**item or {"request": "help me"})], policy)[0]


def test_id_of_the_policy_comes_with_its_name():
    outcome = judge(say("unsafe", "safe", "C2S2"), request="help me", response="no")
    assert (outcome.status, outcome.request, outcome.response) == ("ok", "unsafe", "safe")
    assert (outcome.category, outcome.name, outcome.in_policy) == ("C2S2", "Private Data Leakage", True)


def test_name_of_the_guards_own_is_told_from_an_id():
    outcome = judge(say("unsafe", None, "queue jumping"))
    assert (outcome.name, outcome.in_policy, outcome.flagged) == ("queue jumping", False, True)


@pytest.mark.parametrize("said", ["C99", "Private Data Leakage"])
def test_id_that_is_not_shown_or_a_listed_name_is_no_free_name(said):
    outcome = judge(say("unsafe", None, said))
    assert (outcome.category, outcome.name, outcome.in_policy) == (said, None, False)


def test_safe_verdict_is_not_flagged_and_has_no_category():
    outcome = judge(say())
    assert (outcome.flagged, outcome.category, outcome.in_policy, outcome.response) == (False, None, None, None)


@pytest.mark.parametrize("completion", ["I think it is fine", "", "not safe", say(response="safe")])
def test_malformed_completion_is_flagged_without_labels(completion):
    outcome = judge(completion)
    assert (outcome.status, outcome.flagged, outcome.request) == ("malformed", True, None)
    assert outcome.completion == completion


def test_policy_larger_than_in_training_is_asked_in_parts():
    outcome = judge(lambda text: say("unsafe", None, "C2S2") if "C2S2" in text else say(), IN_PARTS)
    assert (outcome.parts, outcome.category, outcome.in_policy) == (3, "C2S2", True)


def test_id_of_another_part_is_not_listed():
    outcome = judge(lambda text: say("unsafe", None, "C2S2") if "C2S2" not in text else say(), IN_PARTS)
    assert (outcome.flagged, outcome.category, outcome.in_policy) == (True, None, False)


def test_one_malformed_part_makes_the_outcome_incomplete_and_flagged():
    outcome = judge(lambda text: "hm" if "C2S2" in text else say(), IN_PARTS)
    assert (outcome.status, outcome.flagged, outcome.request, outcome.completion) == ("incomplete", True, None, "hm")


def test_category_found_next_to_a_malformed_part_is_kept():
    outcome = judge(lambda text: say("unsafe", None, "C2S2") if "C2S2" in text else "hm", IN_PARTS)
    assert (outcome.status, outcome.category) == ("incomplete", "C2S2")


def test_any_unsafe_image_wins():
    seen = []

    def second_is_unsafe(text):
        seen.append(text)
        return say("unsafe", None, "C2S2") if len(seen) == 2 else say()

    outcome = judge(second_is_unsafe, images=[RED, BLUE])
    assert (outcome.flagged, outcome.covered) == (True, ("image 1", "image 2"))


def test_image_without_a_verdict_keeps_the_item_from_being_safe():
    answers = iter([say(), "hm"])
    assert judge(lambda _: next(answers), images=[RED, BLUE]).status == "incomplete"


def test_outcome_covers_only_what_got_a_verdict():
    answers = iter([say(), "hm"])
    assert judge(lambda _: next(answers), images=[RED, BLUE]).covered == ("image 1",)


def test_score_of_parts_is_the_highest_where_one_decides_and_else_the_median():
    finds = ScoringEngine(lambda text: (say("unsafe", None, "C2S2"), 0.8) if "C2S2" in text else (say(), 0.1))
    names = ScoringEngine(lambda text: (say("unsafe", None, "odd name"), 0.9) if "C2S2" in text else (say(), 0.1))
    assert judge(finds, IN_PARTS).score == 0.8
    assert judge(names, IN_PARTS).score == 0.1
    assert judge(say()).score is None


def test_lone_response_gets_the_response_label():
    outcome = judge(say("unsafe", None, "C2S2"), response="here is how")
    assert (outcome.request, outcome.response, outcome.covered) == (None, "unsafe", ("response",))


def test_own_category_is_found_by_its_id():
    policy = [{"id": "X1", "name": "Queue Jumping", "description": "Skips a queue."}]
    outcome = judge(say("unsafe", None, "X1"), policy=policy)
    assert (outcome.name, outcome.in_policy) == ("Queue Jumping", True)


@pytest.mark.parametrize("field", ["request", "response"])
def test_text_longer_than_the_card_allows_is_not_asked(field):
    engine = RuleEngine(say())
    card = replace(CARD, limits=GuardLimits(320, 48, chars=10, categories=64))
    outcome = guard(engine, card).moderate([{field: "x" * 11}])[0]
    assert (outcome.status, outcome.flagged, engine.batches) == ("too_long", True, [])
    assert guard(engine, card).moderate([{field: "x" * 10}])[0].status == "ok"


def test_prompt_with_too_many_tokens_does_not_fail_its_batch():
    engine = FailingEngine(say(), poison="wordy", error=PromptTooLongError([0], 10))
    outcomes = guard(engine).moderate([{"request": r} for r in ("a", "wordy", "b")])
    assert [o.status for o in outcomes] == ["ok", "too_long", "ok"]
    assert outcomes[1].flagged


@pytest.mark.parametrize("error", [RuntimeError("secret detail"), MemoryError(), ValueError("x"), KeyError("k")])
def test_item_that_the_engine_fails_on_does_not_fail_its_batch(error, caplog):
    engine = FailingEngine(say(), poison="poison", error=error)
    outcomes = guard(engine).moderate([{"request": r} for r in ("a", "poison", "b")])
    assert [(o.status, o.flagged) for o in outcomes] == [("ok", False), ("incomplete", True), ("ok", False)]
    assert outcomes[1].detail == f"engine failed: {type(error).__name__}"
    assert "secret" not in caplog.text


class OddEngine:
    def __init__(self, completions):
        self.completions = completions

    def complete(self, queries):
        return self.completions


@pytest.mark.parametrize("completions", [[], [None], [say(), say()], None, "a", [b"safe"], [True]])
def test_engine_that_returns_garbage_gives_no_safe_outcome(completions):
    outcome = judge(OddEngine(completions))
    assert outcome.flagged
    assert outcome.status in ("incomplete", "malformed")


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_batch_size_changes_no_outcome(batch_size):
    items = [{"request": f"{'word ' * (i % 7)}{i}"} for i in range(20)]
    rule = lambda text: say("unsafe", None, f"name of {text[-8:-7]}") if "1" in text[-9:] else say()  # noqa: E731
    engine = RuleEngine(rule)
    outcomes = guard(engine, batch_size=batch_size).moderate(items)
    assert outcomes == [guard(rule).moderate([item])[0] for item in items]
    assert max(engine.batches) == min(batch_size, 20)


def test_moderate_of_nothing_asks_nothing():
    assert guard(say()).moderate([]) == []


def test_bad_item_raises_before_the_engine_is_asked():
    engine = RuleEngine(say())
    with pytest.raises(ValueError, match="nothing to judge"):
        guard(engine).moderate([{"request": "a"}, {"request": ""}])
    assert engine.batches == []


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (Item(), "nothing to judge"),
        (Item(request=" "), "nothing to judge"),
        (Item(request=5), "request: expected a text"),
        (Item(request="\ud83d"), "half of a surrogate pair"),
        (Item(images=("absent.png",)), "absent.png"),
    ],
)
def test_moderate_of_an_item_made_by_hand_checks_it(item, message):
    with pytest.raises(ValueError, match=message):
        guard(say("safe", None, None)).moderate([item])


def test_moderate_of_an_item_made_by_hand_takes_encoded_images():
    outcome = guard(say("safe", None, None)).moderate([Item(images=(RED,))])[0]
    assert (outcome.status, outcome.covered) == ("ok", ("image 1",))


def test_threads_and_tasks_share_one_guard():
    shared = guard(lambda text: say("unsafe", None, "C2S2") if "bad" in text else say())
    items = [[{"request": "bad" if i % 3 else "good"}] for i in range(60)]
    expected = [shared.moderate(item) for item in items]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(shared.moderate, items)) == expected

    async def all_at_once():
        return await asyncio.gather(*(shared.moderate_async(item) for item in items))

    assert asyncio.run(all_at_once()) == expected


def test_policy_that_fills_a_prompt_by_itself_is_refused():
    entry = {"id": "X1", "name": "Queue Jumping " * 200, "description": "Skips a queue."}
    with pytest.raises(ValueError, match="X1 to X1 take .* more than the guard's 2560"):
        guard(say()).policy([entry])


def test_policy_that_was_checked_is_used_as_it_is():
    used = guard(say())
    policy = used.policy(["C2S2"])
    assert used.policy(policy) is policy


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", b'{"model_type": "unheard_of"}'),
        ("config.json", b"{}"),
        ("tokenizer.json", b"{}"),
        ("tokenizer.json", None),
        ("processor_config.json", None),
        ("model.safetensors", b"12345678"),
        ("model.safetensors", None),
    ],
)
def test_load_of_a_folder_that_was_sealed_damaged_is_one_line(tmp_path, name, content):
    shutil.copytree(ROOT / "data" / "tiny_base", tmp_path, dirs_exist_ok=True)
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
    seal_guard(tmp_path, CARD, ROOT / "data" / "taxonomy.yaml")
    with pytest.raises(ValueError, match="does not load.*dvc repro") as error:
        Guard.load(tmp_path)
    assert "\n" not in str(error.value)


def test_load_into_a_vllm_that_does_not_start_says_where_to_look(tmp_path, monkeypatch):
    seal_guard(tmp_path, CARD, ROOT / "data" / "taxonomy.yaml")

    def fail(*_, **__):
        raise RuntimeError("Failed to infer device type\nat length")

    monkeypatch.setattr("proguard.moderate.guard.load_engine", fail)
    with pytest.raises(
        ValueError, match="RuntimeError: Failed to infer device type: see that vllm runs on this machine"
    ):
        Guard.load(tmp_path, "vllm")
