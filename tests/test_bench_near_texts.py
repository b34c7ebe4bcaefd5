import sys

import numpy as np
import pytest

from benchmarks.near_texts import SCRIPTS, change, draw_texts, main
from proguard.leakage.words import split_words
from proguard.text import normalise_text


@pytest.mark.parametrize("script", SCRIPTS)
def test_change_of_one_word_costs_what_the_script_says(script: str):
    rng, of = np.random.default_rng(0), SCRIPTS[script]
    for words in draw_texts(50, of, rng):
        text = split_words(normalise_text(of.space.join(words)))
        changed = split_words(normalise_text(change(words, "one word changed", of, rng)))
        differ = sum(a != b for a, b in zip(text, changed, strict=True))
        assert len(text) == len(words) - of.run + 1
        assert 1 <= differ <= of.run


@pytest.mark.parametrize("script", SCRIPTS)
def test_near_texts_finds_the_planted_copies_of_each_script(script: str, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["near_texts", "--texts", "1000", "--script", script])
    main()
    printed = capsys.readouterr().out
    assert "one word changed: 50 of 50 found" in printed
    assert "punctuated: 30 of 30 found" in printed
    assert "false pairs: 0 of" in printed
    assert ("re-cased" in printed) is (script == "latin")
