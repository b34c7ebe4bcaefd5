"""Our own guard: asked by the prompt, read by the grammar, scored by token probabilities."""

import pytest

from proguard.guards.own import ASK, Own
from proguard.inference.engine import Completion
from proguard.prompt import PromptFormat, render_prompt
from proguard.readings.reading import NOT_ASKED, SideReading
from proguard.reward.score import reference_verdict
from proguard.verdict import Verdict, render
from tests.worlds import draw_rows, taxonomy

FULL, COMPACT = (Own(PromptFormat(style)) for style in ("full", "compact"))
ROWS, _ = draw_rows(90)
ANSWERED = next(row for row in ROWS if row.sample.has_response)
IMAGE = next(row for row in ROWS if row.sample.modality == "image")


def read(row, text, guard=FULL, **completion):
    return guard.read(row, {ASK: Completion(text, **completion)})


def test_asks_one_prompt_that_shows_the_rows_image():
    for row in ROWS:
        (ask,) = COMPACT.asks(row, taxonomy())
        assert ask.query.messages == render_prompt(row.sample, row.policy, taxonomy(), COMPACT.prompt)
        assert ask.shows_image == (row.sample.image is not None)


def test_best_answers_are_read_as_the_rows_labels():
    for row in ROWS:
        reading = read(row, render(reference_verdict(row.target, taxonomy())))
        assert reading.is_read
        assert reading.request.label == row.sample.request_label
        assert reading.response.was_asked == row.sample.has_response
        assert reading.is_unsafe == row.sample.is_unsafe


def test_id_of_the_policy_is_a_code_and_a_name_is_a_name():
    id_, code = ANSWERED.policy.shown[0]
    listed, own = (read(ANSWERED, render(Verdict("unsafe", "safe", said, "r"))) for said in (id_, "Odd Matters"))
    assert (listed.code, listed.codes, listed.name) == (code, (code,), None)
    assert (own.code, own.codes, own.name, own.category) == (None, (), "Odd Matters", "Odd Matters")


def test_id_that_the_policy_lacks_is_neither():
    reading = read(ANSWERED, render(Verdict("unsafe", "safe", "C99S9", "r")))
    assert (reading.category, reading.code, reading.name) == ("C99S9", None, None)


@pytest.mark.parametrize(("finish", "status"), [("stop", "unread"), ("length", "cut")])
def test_broken_format_is_unread_on_every_side(finish, status):
    reading = read(ANSWERED, "no verdict", finish=finish)
    assert [side.status for side in reading.sides] == [status, status]
    assert read(IMAGE, "no verdict").response is NOT_ASKED


SAFE = render(Verdict("safe", "safe", None, "no risk"))


def test_score_of_the_full_style_is_the_share_of_unsafe_at_the_labels():
    scores = ({"safe": 0.6, "unsafe": 0.2}, {"safe": 0.0, "unsafe": 0.0})
    reading = read(ANSWERED, SAFE, scores=scores)
    assert reading.request == SideReading("ok", "safe", 0.25)
    assert reading.response.score is None


def test_score_of_the_compact_style_is_coarse_and_from_the_first_word():
    reading = read(ANSWERED, SAFE, COMPACT, scores=({"no": 0.87654}, None))
    assert reading.request.score == 0.12


def test_answers_without_scores_have_none():
    assert read(ANSWERED, SAFE).request.score is None
