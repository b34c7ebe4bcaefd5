"""Tokens of an answer, as the guard's tokenizer splits it."""

from proguard.evaluate.metrics.tokens import token_counter
from tools.closure import ROOT


def test_token_counter_counts_as_the_guard_does_without_an_end_token():
    count = token_counter(ROOT / "data" / "tiny_base")
    one, two = count(["Request:safe", "Request:safe\nCategory:None"])
    assert 0 < one < two
    assert count([]) == []


def test_guard_without_a_tokenizer_file_counts_nothing(tmp_path):
    assert token_counter(tmp_path) is None
