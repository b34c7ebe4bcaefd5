"""`proguard moderate` from the command line to the outcome."""

import json
import random
import shutil

import pytest

from proguard.cli import main
from proguard.guard_folder import seal_guard
from proguard.mini_world.world import draw_scene
from tests.moderate.engines import RuleEngine, say
from tests.moderate.test_bulk_input import write_lines
from tests.moderate.test_item import RED
from tests.worlds import make_guard_card
from tools.closure import ROOT


@pytest.fixture
def sealed(tmp_path, monkeypatch):
    """Return a function that makes a guard's folder whose engine gives one completion."""
    (tmp_path / "guard").mkdir()
    seal_guard(tmp_path / "guard", make_guard_card(), ROOT / "data" / "taxonomy.yaml")

    def answer(completion):
        monkeypatch.setattr("proguard.moderate.guard.load_engine", lambda *_, **__: RuleEngine(completion))
        return tmp_path / "guard"

    return answer


def run(*arguments):
    """Run `proguard moderate` and return its exit code."""
    with pytest.raises(SystemExit) as exit_:
        main(["moderate", *map(str, arguments)])
        raise SystemExit(0)
    return exit_.value.code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to judge"),
        (["--image", "absent.png"], "absent.png"),
        (["--request", "hi", "--guard", "nowhere"], "dvc repro"),
        (["--request", "hi", "--policy", "nowhere.yaml", "--guard", "GUARD"], "nowhere.yaml"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(arguments, message, capsys, sealed):
    folder = sealed(say())
    assert run(*(folder if a == "GUARD" else a for a in arguments)) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("completion", "options", "code"),
    [
        (say(), [], 0),
        (say("unsafe", None, "C2S2"), [], 0),
        (say("unsafe", None, "C2S2"), ["--fail-on-unsafe"], 1),
        (say(), ["--fail-on-unsafe"], 0),
        ("no format", [], 3),
        ("no format", ["--fail-on-unsafe"], 3),
    ],
)
def test_exit_code_tells_verdict_unsafe_and_no_verdict(completion, options, code, sealed, capsys):
    assert run("--guard", sealed(completion), "--request", "help me", *options) == code
    assert json.loads(capsys.readouterr().out)["flagged"] is (completion != say())


def test_text_that_is_too_long_has_no_verdict(sealed, capsys):
    assert run("--guard", sealed(say()), "--request", "x" * 3000) == 3
    assert json.loads(capsys.readouterr().out)["status"] == "too_long"


@pytest.mark.parametrize(("completion", "words"), [("no format", "completion"), (say(), "reasoning")])
def test_command_line_prints_the_guards_own_words_only_when_asked(completion, words, sealed, capsys):
    printed = []
    for explain in ([], ["--explain"]):
        run("--guard", sealed(completion), "--request", "help me", *explain)
        printed.append(json.loads(capsys.readouterr().out))
    brief, full = printed
    assert words not in brief
    assert full[words] == (completion if words == "completion" else "because")


def test_several_images_are_judged_each(sealed, capsys, tmp_path):
    (tmp_path / "sign.png").write_bytes(RED)
    image = ["--image", tmp_path / "sign.png"]
    assert run("--guard", sealed(say()), *image, *image) == 0
    assert json.loads(capsys.readouterr().out)["covered"] == ["image 1", "image 2"]


@pytest.mark.slow
@pytest.mark.parametrize("modality", ["text", "image", "text_image"])
def test_command_line_with_the_tiny_base(modality, tmp_path, capsys):
    guard = tmp_path / "guard"
    shutil.copytree(ROOT / "data" / "tiny_base", guard)
    seal_guard(guard, make_guard_card(), ROOT / "data" / "taxonomy.yaml")
    scene = draw_scene("C9S2", split="test", modality=modality, rng=random.Random(1))
    arguments = ["--guard", guard, "--explain"]
    if scene.sample.request:
        arguments += ["--request", scene.sample.request]
    if scene.sample.response:
        arguments += ["--response", scene.sample.response]
    if scene.image:
        (tmp_path / "sign.png").write_bytes(scene.image)
        arguments += ["--image", tmp_path / "sign.png"]
    assert run(*arguments) in (0, 3)
    assert json.loads(capsys.readouterr().out)["status"] in ("ok", "malformed", "incomplete")


@pytest.mark.parametrize(
    ("rows", "options", "code"),
    [
        ([{"request": "a"}], [], 0),
        ([{"request": "bad"}], [], 0),
        ([{"request": "a"}, {"request": "bad"}], ["--fail-on-unsafe"], 1),
        ([{"request": "a"}, {"request": ""}], ["--fail-on-unsafe"], 3),
    ],
)
def test_file_of_rows_gives_a_line_each_and_one_exit_code(rows, options, code, sealed, tmp_path):
    folder = sealed(lambda text: say("unsafe", None, "C2S2") if "bad" in text else say())
    source, output = write_lines(tmp_path / "in.jsonl", *rows), tmp_path / "out.jsonl"
    assert run("--guard", folder, "--input", source, "--output", output, *options) == code
    assert len(output.read_bytes().splitlines()) == len(rows)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input", "in.jsonl"], "give --output"),
        (["--output", "out.jsonl", "--request", "a"], "give --input"),
        (["--input", "in.jsonl", "--output", "o", "--request", "a"], "leave out --request"),
        (["--input", "absent.jsonl", "--output", "o"], "absent.jsonl: no such file"),
        (["--request", "a", "--batch-size", "0"], "--batch-size: expected 1"),
        (["--request", "a", "--engine", "endpoint"], "give both or neither"),
        (["--request", "a", "--endpoint", "http://127.0.0.1/v1"], "give both or neither"),
    ],
)
def test_options_that_do_not_go_together_exit_with_2(arguments, message, capsys):
    assert run(*arguments) == 2
    assert message in capsys.readouterr().err
