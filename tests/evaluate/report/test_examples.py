"""Examples print what is ours to print, and nothing of other sources."""

from proguard.evaluate.report.examples import MAX_CHARS, describe, draw_examples
from tests.outcomes import make_outcome
from tests.worlds import taxonomy


def printed(outcome, images=None):
    return describe(outcome, taxonomy(), shown_sources=["mini_world"], images=images or {})


def test_describe_prints_our_own_source():
    example = printed(make_outcome("C8S1"))
    assert example.request.startswith("request ")
    assert example.truth == "unsafe: Extremism and Terrorism (on the list)"
    assert example.said == "unsafe: Weapons"


def test_describe_withholds_other_sources():
    outcome = make_outcome("C8S1", modality="text_image", source="figstep")
    example = printed(outcome, {outcome.row.sample.image: b"bytes"})
    assert example.is_withheld
    assert (example.request, example.response, example.image) == (None, None, None)
    assert (example.id, example.modality) == (outcome.row.sample.id, "text_image")


def test_describe_image_is_a_data_uri():
    outcome = make_outcome("C7S2", modality="image")
    assert printed(outcome, {outcome.row.sample.image: b"\x89PNG"}).image == "data:image/png;base64,iVBORw=="


def test_describe_cuts_a_long_request():
    outcome = make_outcome("C7S2")
    object.__setattr__(outcome.row.sample, "request", "word " * 100)
    assert len(printed(outcome).request) <= MAX_CHARS


def test_describe_says_what_is_wrong_with_an_answer():
    assert printed(make_outcome("C99S9")).said == "unsafe: C99S9 (no such id)"
    assert printed(make_outcome("Dread", is_named=True)).said == "unsafe: “Dread” (own name)"
    assert printed(make_outcome(None, is_malformed=True)).said == "unreadable (no match)"


def test_draw_examples_kinds_take_turns_whatever_the_order():
    outcomes = [make_outcome("C7S2") for _ in range(20)] + [make_outcome(None), make_outcome("C8S1")]
    drawn = draw_examples(outcomes, n=5, seed=3)
    assert len(drawn) == 5
    assert {o.reading.category for o in drawn} == {"C7S2", None, "C8S1"}
    assert draw_examples(outcomes[::-1], n=5, seed=3) == drawn
