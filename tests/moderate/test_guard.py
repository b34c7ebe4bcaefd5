"""One item by hand, from the command line to the verdict."""

import json
from dataclasses import replace

import pytest

from proguard.cli import main
from proguard.guard_folder import seal_guard
from proguard.mini_world.world import draw_scene
from proguard.moderate.guard import make_item, moderate
from proguard.moderate.policy_file import read_policy
from proguard.policy import full_policy
from proguard.verdict import Verdict, render
from tests.worlds import make_guard_card, taxonomy
from tools.closure import ROOT

CARD = make_guard_card()
POLICY = full_policy(taxonomy(), "subcategory")
SAFE = render(Verdict("safe", "safe", None, "no risk"))


class FixedEngine:
    def __init__(self, completion):
        self.completion = completion

    def complete(self, queries):
        return [self.completion] * len(queries)


def judge(completion):
    item = make_item(request="help me with a leaked passport", response="no", image=None)
    return moderate(item, POLICY, engine=FixedEngine(completion), card=CARD, taxonomy=taxonomy())


def test_id_of_the_policy_comes_with_its_name():
    result = judge(render(Verdict("unsafe", "safe", "C2S2", "because")))
    assert result["status"] == "ok"
    assert (result["category"], result["category_name"], result["in_policy"]) == ("C2S2", "Private Data Leakage", True)


def test_name_of_the_guards_own_is_told_from_an_id():
    result = judge(render(Verdict("unsafe", "safe", "queue jumping", "because")))
    assert (result["category_name"], result["in_policy"]) == ("queue jumping", False)


def test_malformed_completion_is_no_verdict():
    result = judge("I think it is fine")
    assert result["status"] == "no_match"
    assert "request" not in result


def test_policy_larger_than_in_training_is_asked_in_parts():
    card = replace(CARD, max_shown={"subcategory": 10, "category": 7})
    item = make_item(request="help me with a leaked passport", response="no", image=None)
    engine = FixedEngine(render(Verdict("unsafe", "safe", "C2S2", "because")))
    result = moderate(item, POLICY, engine=engine, card=card, taxonomy=taxonomy())
    assert (result["parts"], result["category"]) == (3, "C2S2")


def test_policy_file_takes_codes_and_own_entries(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("- C7S1\n- {id: X1, name: Queue Jumping, description: Skips a queue.}\n")
    policy, known = read_policy(file, taxonomy(), "subcategory")
    assert policy.ids == ("C7S1", "X1")
    assert known[policy.code_of("X1")].name == "Queue Jumping"


def test_policy_file_with_an_unknown_code_names_the_entry(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("- C7S1\n- C99\n")
    with pytest.raises(ValueError, match="entry 2.*C99"):
        read_policy(file, taxonomy(), "subcategory")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to judge"),
        (["--response", "no"], "--request too"),
        (["--image", "absent.png"], "absent.png"),
        (["--request", "hi", "--guard", "nowhere"], "dvc repro"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["moderate", *arguments])
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("completion, words", [("no format", "completion"), (SAFE, "reasoning")])
def test_command_line_prints_the_guards_own_words_only_when_asked(completion, words, tmp_path, capsys, monkeypatch):
    seal_guard(tmp_path, CARD, ROOT / "data" / "taxonomy.yaml")
    monkeypatch.setattr("proguard.inference.load.load_engine", lambda *_, **__: FixedEngine(completion))
    printed = []
    for explain in ([], ["--explain"]):
        main(["moderate", "--guard", str(tmp_path), "--request", "help me", "--response", "no", *explain])
        printed.append(json.loads(capsys.readouterr().out))
    brief, full = printed
    assert words not in brief
    assert full == brief | {words: full[words]}


@pytest.mark.slow
@pytest.mark.parametrize("modality", ["text", "image", "text_image"])
def test_command_line_with_the_tiny_base(modality, tmp_path, capsys):
    import random
    import shutil

    guard = tmp_path / "guard"
    shutil.copytree(ROOT / "data" / "tiny_base", guard)
    seal_guard(guard, CARD, ROOT / "data" / "taxonomy.yaml")
    scene = draw_scene("C9S2", split="test", modality=modality, rng=random.Random(1))
    arguments = ["--guard", str(guard), "--explain"]
    if scene.sample.request:
        arguments += ["--request", scene.sample.request, "--response", scene.sample.response]
    if scene.image:
        (tmp_path / "sign.png").write_bytes(scene.image)
        arguments += ["--image", str(tmp_path / "sign.png")]
    main(["moderate", *arguments])
    result = json.loads(capsys.readouterr().out)
    assert result["modality"] == modality
    assert result["status"] in ("ok", "no_match", "empty_reasoning", "contradiction", "wrong_fields")
