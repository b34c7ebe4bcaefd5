import itertools
import json

import pytest

from proguard.taxonomy_map.label_map import Meaning
from proguard.taxonomy_map.model import Workplace, annotate_by_model
from proguard.taxonomy_map.settings import EndpointAnnotator, LocalAnnotator, Price
from tests.fake_endpoint import serve
from tests.separators import SEPARATORS
from tests.taxonomy_map.questions import make_question
from tests.worlds import store_images, taxonomy

KEY = "sk-planted-0123456789"
QUESTIONS = [make_question(f"question {i}", source_label="label") for i in range(8)]
SAYS = {"question 0": "C1S1", "question 1": "none", "question 2": "C99", "question 3": " C2S1\n"}


def say(request):
    words = "".join(part["text"] for part in request["messages"][1]["content"])
    return next((said for question, said in SAYS.items() if f"{question}<" in words), "C3S1")


@pytest.fixture
def annotate(monkeypatch, tmp_path):
    monkeypatch.setenv("PROGUARD_TEST_KEY", KEY)
    patience = {"concurrency": 1, "retries": 1, "timeout_s": 5.0}
    images = store_images({}, tmp_path / "images")
    workplace = Workplace(images, {"work": str(tmp_path / "work"), "endpoint": patience})

    def run(server, questions=QUESTIONS, **changes):
        settings = {"url": server.url, "model": "m", "key_variable": "PROGUARD_TEST_KEY", "hint": False}
        annotator = EndpointAnnotator(**{"name": "judge", "max_chars": None} | settings | changes)
        return annotate_by_model(questions, annotator=annotator, taxonomy=taxonomy(), workplace=workplace)

    return run


def test_votes_are_what_parses_in_order_of_the_questions(annotate):
    with serve(say) as server:
        votes = annotate(server).votes
    said = ["C1S1", "none", None, "C2S1", *["C3S1"] * 4]
    assert [(v.id, v.category) for v in votes] == [(q.id, s) for q, s in zip(QUESTIONS, said, strict=True) if s]
    assert {v.annotator for v in votes} == {"judge"}


def test_tally_counts_answers_tokens_and_cost(annotate):
    # 8 answers, one of them refused without a count: 7 * 100 prompt tokens at 2 a million, 7 * 3 others at 10.
    with serve(say, faults=iter([None] * 7 + [400]), code="content_filter") as server:
        tally = annotate(server, price=Price(prompt=2.0, completion=10.0)).tally
    assert (tally.asked, tally.voted, tally.none, tally.malformed, tally.refused) == (8, 5, 1, 1, 1)
    assert (tally.prompt_tokens, tally.completion_tokens) == (700, 21)
    assert tally.cost == pytest.approx(0.00161)


def test_run_after_an_outage_asks_only_what_is_missing(annotate):
    with serve(say) as server:
        whole = annotate(server, name="whole")
    outage = itertools.chain([None] * 3, itertools.repeat(503))
    with serve(say, faults=outage) as server, pytest.raises(ConnectionError, match="status 503"):
        annotate(server)
    with serve(say) as server:
        again = annotate(server)
    assert len(server.requests) == 5
    assert [(v.id, v.category) for v in again.votes] == [(v.id, v.category) for v in whole.votes]
    assert again.tally == whole.tally


def test_finished_run_needs_neither_server_nor_key(annotate, monkeypatch):
    with serve(say) as server:
        first = annotate(server)
    monkeypatch.delenv("PROGUARD_TEST_KEY")
    assert annotate(server) == first


@pytest.mark.parametrize(
    "changes", [{"hint": True}, {"model": "n"}, {"request": {"seed": 1}}, {"max_chars": 6}], ids=str
)
def test_changed_question_is_asked_again(annotate, changes):
    with serve(say) as server:
        annotate(server)
        annotate(server, **changes)
    assert len(server.requests) == 16


def test_question_that_came_new_is_asked_alone(annotate):
    with serve(say) as server:
        annotate(server, QUESTIONS[:5])
        assert annotate(server, QUESTIONS[::-1]).tally.asked == 8
    assert len(server.requests) == 8


def test_label_without_home_is_not_asked_about(annotate):
    with serve(say) as server:
        assert annotate(server, [make_question("a", Meaning((), may_be_none=True))]).tally.asked == 0
    assert server.requests == []


def test_journal_has_one_line_per_answer_and_no_key(annotate, tmp_path):
    with serve(lambda request: f"C1S1 {KEY}") as server:
        annotate(server)
    content = (tmp_path / "work" / "taxonomy_map" / "judge.jsonl").read_text()
    assert sorted(json.loads(line)["id"] for line in content.splitlines()) == sorted(q.id for q in QUESTIONS)
    assert KEY not in content and "question 0" not in content


def test_answers_with_other_line_ends_come_back_from_the_journal(annotate):
    with serve(lambda request: "".join(SEPARATORS)) as server:
        first = annotate(server)
        assert annotate(server) == first
    assert len(server.requests) == len(QUESTIONS)


def test_local_model_without_folder_wants_a_pinned_revision(tmp_path):
    runtime = {"work": str(tmp_path), "inference": {}, "annotators": {"ray": {"address": None}}}
    settings = {"model": "some/name", "revision": None, "hint": False, "max_chars": None}
    annotator = LocalAnnotator("qwen", "transformers", **settings, max_new_tokens=4, dtype="float32", batch_size=2)
    workplace = Workplace(store_images({}, tmp_path / "images"), runtime)
    with pytest.raises(ValueError, match="some/name: not a model folder .*pin its revision"):
        annotate_by_model(QUESTIONS, annotator=annotator, taxonomy=taxonomy(), workplace=workplace)
