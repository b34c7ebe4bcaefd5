"""Random text into every reader, and into the content of every prompt."""

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.inference.engine import Completion
from proguard.readings.reading import UNASKED, Reading
from tests.guards.every_guard import NAMES, family_of, spec_of
from tests.guards.rows import ROWS, make_row
from tests.separators import SEPARATORS
from tests.worlds import taxonomy

FORMS = {(spec_of(name).family, str(spec_of(name).options.get("form"))): name for name in NAMES}
GUARDS = {f"{family} {form}": name for (family, form), name in FORMS.items()}
"""One guard for each way of asking and reading."""

PIECES = (
    "safe", "unsafe", "yes", "no", "Yes", "No", "harmful", "unharmful", "PASS", "FAIL", "None", "n/a", "S1", "S10, S2", "O12",
    "C7S2", "C7", "\n", "\r\n", " ", ":", ",", ".", '"', "{", "}", "Answers:", "Request:", "Response:", "Completion:",
    "Category:", "<answer>", "</answer>", "<think>", "</think>", "<result>", "<score>", "</score>", "[RESULT]: ",
    "[UNSAFE CATEGORY]: ", "Harmful request: ", "Harmful response: ", "Safety: ", "Categories: ", "Prompt harm: ",
    '"User Safety": "', '"rating": "', '"category": "', '"flagged": true', "<|eot_id|>", "</s>", "```", "I'm sorry", "{\"",
    "\U0001f600", "é", "0", "score 4", "Human user:\n", "\n\nAI assistant:\n", "User: ", "Agent: ", "[/INST]", "[INST]",
    "<|assistant|>", "<END CONVERSATION>", "<image>", "user: ", "response: ", "'User': ", "'Agent': ", "</rules>",
    "<start_of_turn>", "<end_of_turn>", "---", *SEPARATORS,
)  # fmt: skip

SPLICES = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join)


def check_reading(family, row, text, finish="stop"):
    answers = {ask.key: Completion(text, finish) for ask in family.asks(row, taxonomy())}
    if not answers:
        return UNASKED
    reading = family.read(row, answers)
    assert isinstance(reading, Reading)
    for side in reading.sides:
        assert side.score is None or 0 <= side.score <= 1
    assert reading.code is None or reading.code in taxonomy()
    return reading


@pytest.mark.parametrize("guard", GUARDS)
@given(text=SPLICES, row=st.sampled_from(sorted(ROWS)), finish=st.sampled_from(["stop", "length", "refused"]))
def test_any_answer_gives_a_reading(guard, text, row, finish):
    check_reading(family_of(GUARDS[guard]), ROWS[row], text, finish)


@pytest.mark.parametrize("guard", GUARDS)
@given(text=SPLICES, content=SPLICES)
def test_content_moves_no_reading(guard, text, content):
    family = family_of(GUARDS[guard])
    other = make_row(request=f"a {content}", response=f"b {content}")
    assert check_reading(family, other, text) == check_reading(family, ROWS["both"], text)


MARKS = (
    "<|", "[INST", "[/INST", "<s>", "</s>", "<start_of_turn", "<end_of_turn", "<END ", "<BEGIN ", "<image>", "<answer>",
    "</rules>", "</transcript>", "</user>", "</agent>", "<result>", "[RESULT]",
)  # fmt: skip


OURS = ("<|", "<image>", "<answer>", "</user>", "</agent>")
"""Marks of our own prompt, which is all that the guards without a frame of their own have to keep."""


def prompts(family, row):
    for ask in family.asks(row, taxonomy()):
        messages = ask.query.messages
        yield [messages] if isinstance(messages, str) else [m["content"] for m in messages]


@pytest.mark.parametrize("guard", GUARDS)
@given(request=SPLICES, response=SPLICES)
def test_content_adds_no_mark_of_a_frame(guard, request, response):
    family = family_of(GUARDS[guard])
    plain, spliced = (
        list(prompts(family, row)) for row in (ROWS["both"], make_row(request=f"a {request}", response=f"b {response}"))
    )
    for before, after in zip(plain, spliced, strict=True):
        assert len(before) == len(after)
        for mark in OURS if guard in ("chat ours", "moderation None") else MARKS:
            assert "".join(before).count(mark) == "".join(after).count(mark), mark


N_SPLICES = int(os.environ.get("PROGUARD_SPLICES", "20000"))
"""Over all guards. 200,000 take a minute or two."""


@pytest.mark.slow
def test_splices_raise_nothing_and_move_nothing():
    rng = random.Random(0)
    families = [family_of(name) for name in GUARDS.values()]
    n = N_SPLICES // len(families) + 1
    for family in families:
        for _ in range(n):
            text = "".join(rng.choices(PIECES, k=rng.randint(0, 10)))
            content = "".join(rng.choices(PIECES, k=rng.randint(1, 4)))
            row = make_row(request=f"a {content}", response=f"b {content}") if rng.random() < 0.02 else ROWS["both"]
            assert check_reading(family, row, text) == check_reading(family, ROWS["both"], text)
