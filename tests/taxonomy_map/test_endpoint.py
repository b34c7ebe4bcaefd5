"""The endpoint annotator against a server on this machine, faults included."""

import base64
import itertools
import json
import logging
import time
import traceback

import pytest

from proguard.taxonomy_map.question_prompt import Asked
from proguard.taxonomy_map.settings import EndpointAnnotator
from tests.fake_endpoint import completion, serve
from tests.worlds import draw_rows, store_images

pytestmark = pytest.mark.slow

VARIABLE = "PROGUARD_TEST_KEY"
KEY = "sk-planted-0123456789"


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """A function that asks a server ``n`` questions and returns the answers in order of arrival."""
    from proguard.inference.server import Patience
    from proguard.taxonomy_map.endpoint import annotate_by_endpoint

    monkeypatch.setenv(VARIABLE, KEY)

    def run(server, n=1, *, asked=None, kept=None, images=None, concurrency=2, retries=3, **changes):
        settings = {"url": server.url, "model": "m", "key_variable": VARIABLE, "hint": False, "max_chars": None}
        answers = [] if kept is None else kept
        annotate_by_endpoint(
            [Asked(f"k{i}", f"id{i}", f"question {i}", None) for i in range(n)] if asked is None else asked,
            annotator=EndpointAnnotator("judge", **settings | changes),
            system="sort",
            images=images or store_images({}, tmp_path / "images"),
            patience=Patience(concurrency, retries, 5.0),
            keep=answers.append,
        )
        return answers

    return run


def words(request):
    return "".join(part.get("text", "") for part in request["messages"][1]["content"])


def test_every_question_is_answered_once_with_its_tokens(ask):
    with serve(lambda request: words(request).upper()) as server:
        answers = ask(server, 20)
    assert sorted((a.key, a.id, a.text) for a in answers) == sorted(
        (f"k{i}", f"id{i}", f"QUESTION {i}") for i in range(20)
    )
    assert {(a.prompt_tokens, a.completion_tokens) for a in answers} == {(100, 3)}
    assert len(server.requests) == 20


def test_request_has_model_system_fields_and_key(ask):
    with serve() as server:
        ask(server, request={"temperature": 0, "max_tokens": 8})
    request = server.requests[0]
    assert (request["model"], request["temperature"], request["max_tokens"]) == ("m", 0, 8)
    assert request["messages"][0] == {"role": "system", "content": [{"type": "text", "text": "sort"}]}
    assert server.keys == [f"Bearer {KEY}"]


def test_image_goes_as_a_data_url_at_its_place(ask, tmp_path):
    _, images = draw_rows(3)
    sha, content = next(iter(images.items()))
    with serve() as server:
        asked = [Asked("k", "id", "<user><image>what?</user>", sha)]
        ask(server, asked=asked, images=store_images(images, tmp_path / "shards"))
    before, image, after = server.requests[0]["messages"][1]["content"]
    assert (before["text"], after["text"]) == ("<user>", "what?</user>")
    url = image["image_url"]["url"]
    assert url == f"data:image/png;base64,{base64.b64encode(content).decode()}"


def test_requests_under_way_are_bounded(ask):
    with serve(seconds=0.02) as server:
        ask(server, 30, concurrency=3)
    assert server.n_most == 3


@pytest.mark.parametrize(
    "fault", [429, 503, *(pytest.param(fault, marks=pytest.mark.slow) for fault in (408, 500, "drop", "cut"))]
)
def test_passing_fault_is_tried_again(ask, fault):
    with serve(faults=iter([fault, fault])) as server:
        answers = ask(server, 2)
    assert sorted(a.text for a in answers) == ["C1S1", "C1S1"]
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (429, "judge: .*status 429: .*answers so far are kept"),
        (503, "status 503"),
        ("drop", "no answer"),
        (b"{not json", "not JSON"),
        (b'{"answer": 1}', "expected an answer with choices, found ChatCompletion"),
    ],
)
def test_lasting_fault_stops_the_run_and_is_no_answer(ask, fault, message):
    kept = []
    faults = itertools.chain([None] * 2, itertools.repeat(fault))
    with serve(faults=faults) as server, pytest.raises(ConnectionError, match=message):
        ask(server, 5, kept=kept, concurrency=1, retries=1)
    assert [a.key for a in kept] == ["k0", "k1"]


def test_server_that_is_gone_stops_the_run(ask):
    with serve() as server:
        pass
    with pytest.raises(ConnectionError, match=r"no answer \(APIConnectionError\)"):
        ask(server, retries=0)


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (401, PermissionError, f"status 401: .*check the key in the variable {VARIABLE}"),
        (404, ValueError, "status 404: .*check url, model and request"),
        (400, ValueError, "status 400: .*odd field"),
    ],
)
def test_wrong_request_stops_the_run_at_once(ask, status, error, message):
    with serve(faults=itertools.repeat(status), message="odd field") as server, pytest.raises(error, match=message):
        ask(server, 5, concurrency=1)
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", ["content_filter", "context_length_exceeded"])
def test_refused_question_is_an_abstention_and_the_others_go_on(ask, code):
    with serve(faults=iter([400]), code=code) as server:
        answers = ask(server, 3, concurrency=1)
    assert [a.text for a in answers] == [None, "C1S1", "C1S1"]


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"finish_reason": "content_filter"}, None),
        ({"message": {"role": "assistant", "content": None, "refusal": "no"}}, None),
        ({"message": {"role": "assistant", "content": None}}, None),
        ({"message": {"role": "assistant", "content": " "}, "finish_reason": "STOP"}, None),
        ({"message": {"role": "assistant", "content": "C1"}, "finish_reason": "SAFETY"}, None),
        ({"message": {"role": "assistant", "content": None}, "finish_reason": "length"}, ""),
    ],
)
def test_answer_without_words_is_a_refusal_unless_it_was_cut(ask, choice, text):
    with serve(faults=iter([json.dumps(completion("C1S1", **choice)).encode()])) as server:
        assert [a.text for a in ask(server)] == [text]


def test_answer_without_a_choice_is_a_refusal(ask):
    with serve(faults=iter([b'{"choices": []}', b'{"choices": null}'])) as server:
        assert [a.text for a in ask(server, 2)] == [None, None]


def test_answer_without_usage_has_no_tokens(ask):
    body = {k: v for k, v in completion("C1S1").items() if k != "usage"}
    with serve(faults=iter([json.dumps(body).encode()])) as server:
        assert ask(server)[0].prompt_tokens is None


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_key_that_the_server_echoes_is_in_no_error_and_no_log(ask, status, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    raises = pytest.raises((ConnectionError, PermissionError, ValueError), match=r"bad key \[key\]")
    echo = f"bad key {KEY} in {'x' * 400}"
    with serve(faults=itertools.repeat(status), message=echo) as server, raises as caught:
        ask(server, retries=0)
    said = "".join(traceback.format_exception(caught.value)) + caplog.text + "".join(capfd.readouterr())
    assert KEY not in said


def test_key_that_the_model_echoes_is_in_no_answer(ask):
    with serve(lambda request: f"the key is {KEY}") as server:
        assert ask(server)[0].text == "the key is [key]"


def test_missing_key_names_its_variable(ask, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    with serve() as server, pytest.raises(PermissionError, match=f"judge: .*no key in .*{VARIABLE}; set it"):
        ask(server)
    assert server.requests == []


def test_server_without_keys_gets_none_of_the_environment(ask, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serve() as server:
        ask(server, key_variable=None)
    assert server.keys == ["Bearer none"]


def test_no_question_asks_for_no_key_and_no_server(ask, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    with serve() as server:
        assert ask(server, 0) == []
    assert server.requests == []


def test_no_request_at_a_time_is_refused(ask):
    with serve() as server, pytest.raises(ValueError, match=r"endpoint.concurrency: expected 1 or more, found 0"):
        ask(server, concurrency=0)


def test_server_that_hangs_counts_as_gone(ask):
    start = time.monotonic()
    with serve(seconds=7.0) as server, pytest.raises(ConnectionError, match="APITimeoutError"):
        ask(server, retries=0)
    assert time.monotonic() - start < 20
