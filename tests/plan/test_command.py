"""The command line of `proguard plan`."""

import pytest

from proguard.cli import main
from tools.closure import ROOT


def test_plan_prints_entries_models_and_cost(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    main(["plan", "profile=paper"])
    printed = capsys.readouterr().out
    for part in (
        "profile paper",
        "med_safety_bench",
        "Qwen/Qwen2.5-VL-7B-Instruct",
        "download:",
        "training: 169 steps",
    ):
        assert part in printed


def test_plan_refuses_an_unknown_key(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit, match="2"):
        main(["plan", "nosuch=1"])
    assert "nosuch" in capsys.readouterr().err


def test_plan_of_a_gated_benchmark_shows_the_page_of_its_terms(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    main(["plan", "profile=mini", "+benchmark=wildguard"])
    assert "accept the terms at https://huggingface.co/datasets/allenai/wildguardmix" in capsys.readouterr().out


@pytest.mark.parametrize(("suite", "trains"), [("open", True), ("open_openai", False)])
def test_plan_says_which_source_trains_nothing(suite, trains, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    main(["plan", "profile=open", f"suite={suite}"])
    warning = "source and evaluation set, so that it trains nothing: openai_moderation"
    assert (warning in capsys.readouterr().out) is not trains


def test_plan_of_the_paper_says_what_would_be_drawn_by_modality(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    main(["plan", "profile=paper"])
    drawn = "drawn: 87,024 samples: text 29,070 (33.4%), image 27,954 (32.1%), text_image 30,000 (34.5%)"
    assert drawn in capsys.readouterr().out
