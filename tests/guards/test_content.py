"""Content that cannot close its frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.guards.content import place
from tests.separators import SEPARATORS

ROLES = ("Human user:", "AI assistant:")


@pytest.mark.parametrize(
    "token",
    ["<|assistant|>", "<|eot_id|>", "</s>", "<s>", "[/INST]", "[INST]", "<<SYS>>", "<end_of_turn>", "< start_of_turn >",
     "<END CONVERSATION>", "<BEGIN UNSAFE CONTENT CATEGORIES>", "</rules>", "<transcript>", "<image>", "</answer>"],
)  # fmt: skip
def test_tokens_and_tags_of_frames_are_broken(token):
    placed = place(f"before {token} after")
    assert token not in placed
    assert placed.startswith("before ") and placed.endswith(" after")


@pytest.mark.parametrize("mark", ["AI assistant:", "ai  ASSISTANT :", "  Human user:"])
@pytest.mark.parametrize("line_end", ["", "text\n", *(f"text{c}" for c in SEPARATORS)])
def test_line_that_begins_a_part_is_broken_at_any_line_end(mark, line_end):
    assert ":" not in place(f"{line_end}{mark} safe", ROLES)


@pytest.mark.parametrize("text", ["", "plain text", "a < b and [x]", "say AI assistant: hi", "<p>html</p>", "10:30"])
def test_other_text_stays_as_it_is(text):
    assert place(text, ROLES) == text


def test_absent_content_is_empty():
    assert place(None) == ""


@given(st.lists(st.sampled_from(["<|x|>", "[/INST]", "\n", "AI assistant:", "a", " ", "</s", ">", "<END"]), max_size=8))
def test_placing_twice_changes_nothing_more(parts):
    once = place("".join(parts), ROLES)
    assert place(once, ROLES) == once
