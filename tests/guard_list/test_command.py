"""`proguard guards`."""

import pytest

from proguard.cli import main
from proguard.guard_list.catalogue import needs_of, read_catalogue
from tools.closure import ROOT

CONF = ROOT / "conf" / "guard"


def say(capsys, *arguments):
    main(["guards", *arguments, "--conf", str(CONF)])
    return capsys.readouterr().out


def test_list_has_a_line_for_every_file(capsys):
    said = say(capsys)
    assert all(path.stem in said for path in CONF.glob("*.yaml"))
    assert "LlamaGuard3-8B" in said


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("word_list", []),
        ("gpt_4o_mini", ["a key in OPENAI_API_KEY", "github.com once"]),
        ("llama_guard_3_vision", ["a token of an account that accepted its terms (HF_TOKEN)",
                                  "a pinned commit (weights.revision)", "the engine transformers"]),
        ("md_judge_v0_2", ["a pinned commit (weights.revision)", "trust in code that it brings"]),
        ("chat_model", ["a server of your own at http://localhost:8000/v1"]),
        ("guard_reasoner_8b_released", ["github.com once"]),
    ],
)  # fmt: skip
def test_needs_of_a_guard_are_named(name, needs):
    assert needs_of(read_catalogue(CONF)[name]) == needs


def test_one_guard_is_printed_in_full(capsys):
    said = say(capsys, "aegis_1_defensive")
    assert "its prompt in" in said
    assert "proguard/guard_entries/texts/aegis_1_request.txt" in said
    assert "form: raw" in said


def test_guard_that_there_is_not_ends_with_the_names(capsys):
    with pytest.raises(SystemExit) as caught:
        say(capsys, "oracle")
    assert caught.value.code == 2
    assert "no guard 'oracle'" in capsys.readouterr().err


def test_wrong_folder_says_where_to_run(capsys, tmp_path):
    with pytest.raises(SystemExit):
        main(["guards", "--conf", str(tmp_path / "none")])
    assert "run from the project's root" in capsys.readouterr().err
