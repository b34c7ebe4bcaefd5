"""Words found among tokens, whatever a tokenizer makes of them."""

import pytest

from proguard.inference.engine import Mark
from proguard.inference.token_scores import may_begin, score_mark

LABELS = Mark(("safe", "unsafe"))


def score(tokens, candidates, mark=LABELS):
    return score_mark(tokens, lambda _: candidates, mark)


@pytest.mark.parametrize(
    "tokens", [["unsafe"], ["\n\n", "unsafe", "\n", "S1"], [" ", "un", "safe"], ["▁".strip("▁"), "unsafe"]]
)
def test_score_mark_at_the_start_skips_space(tokens):
    assert score(tokens, {"safe": 0.3, "un": 0.6}) == {"safe": 0.3, "unsafe": 0.6}


def test_score_mark_adds_up_the_tokens_of_a_word():
    assert score(["safe"], {"safe": 0.3, " safe": 0.2, "un": 0.1, "unsafe": 0.2}) == pytest.approx(
        {"safe": 0.5, "unsafe": 0.3}
    )


def test_score_mark_counts_no_token_that_two_words_begin_with():
    assert score(["no"], {"n": 0.5, "no": 0.2, "n/a": 0.1}, Mark(("no", "n/a"))) == {"no": 0.2, "n/a": 0.1}


@pytest.mark.parametrize(
    "tokens",
    [["Request", ":", "unsafe"], ["Request:", " unsafe"], ["x\nRequ", "est", ":", "\n", "unsafe"]],
)
def test_score_mark_follows_its_text(tokens):
    seen = []
    mark = Mark(("safe", "unsafe"), "Request:")
    assert score_mark(tokens, lambda i: seen.append(i) or {"safe": 1.0}, mark) == {"safe": 1.0, "unsafe": 0.0}
    assert seen == [len(tokens) - 1]


def test_score_mark_reads_a_token_that_holds_the_colon_too():
    assert score(
        ["Request", ":un", "safe"], {":un": 0.7, ":safe": 0.2, "safe": 0.1}, Mark(("safe", "unsafe"), "Request:")
    ) == {
        "safe": 0.2,
        "unsafe": 0.7,
    }


@pytest.mark.parametrize(("tokens", "mark"), [([], LABELS), (["\n"], LABELS), (["a"], Mark(("safe",), "Request:"))])
def test_score_mark_without_its_place_is_none(tokens, mark):
    assert score(tokens, {"safe": 1.0}, mark) is None


def test_score_mark_without_any_word_gives_them_no_probability():
    assert score(["Hello"], {"Hello": 0.9}) == {"safe": 0.0, "unsafe": 0.0}


def test_score_mark_takes_the_last_of_several_places():
    seen = []
    tokens = ["say", " Request:", " x", "<answer>", "Request:", "safe", "\n"]
    score_mark(tokens, lambda i: seen.append(i) or {}, Mark(("safe",), "Request:"))
    assert seen == [5]


@pytest.mark.parametrize(
    ("token", "may"), [("un", True), (" safe", True), (":unsafe", True), ("", False), ("so", False), ("\n", False)]
)
def test_may_begin(token, may):
    assert may_begin(token, LABELS.words) == may
