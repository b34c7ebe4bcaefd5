"""LiteLLM's generic guardrail route and the classifier route of NeMo."""

import pytest

from tests.moderate.test_item import RED
from tests.serve.servers import asking, data_url, image_part

LITELLM = "/beta/litellm_basic_guardrail_api"


@pytest.fixture(scope="module")
def client():
    with asking() as client:
        yield client


def call(**arguments):
    return {"id": "call_1", "type": "function", "function": {"name": "send", "arguments": str(arguments)}}


@pytest.mark.parametrize(
    "content",
    [
        {"texts": ["fine"]},
        {"texts": ["fine", "fine too"], "images": [data_url(RED)]},
        {"images": [data_url(RED)]},
        {"texts": [""], "images": [data_url(RED)]},
        {"texts": [], "tool_calls": [call(to="a friend")]},
    ],
)
@pytest.mark.parametrize("kind", ["request", "response"])
def test_litellm_passes_what_is_safe(client, content, kind):
    answer = client.post(LITELLM, json={"input_type": kind, "model": "any", "request_data": {}, **content})
    assert answer.json() == {"action": "NONE"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"texts": ["bad"]}, "unsafe: Private Data Leakage"),
        ({"texts": ["bad", "fine"]}, "unsafe: Private Data Leakage"),
        ({"texts": ["fine", "bad"], "images": [data_url(RED)]}, "unsafe: "),
        ({"texts": ["fine"], "tool_calls": [call(to="bad")]}, "unsafe: Private Data Leakage"),
        ({"texts": ["odd"]}, "no verdict: malformed"),
    ],
)
@pytest.mark.parametrize("kind", ["request", "response"])
def test_litellm_blocks_when_any_text_is_flagged(client, content, reason, kind):
    answer = client.post(LITELLM, json={"input_type": kind, **content}).json()
    assert answer["action"] == "BLOCKED"
    assert answer["blocked_reason"].startswith(reason)


@pytest.mark.parametrize(
    "body",
    [
        {"texts": ["a"]},
        {"input_type": "stream", "texts": ["a"]},
        {"input_type": "request"},
        {"input_type": "request", "texts": []},
        {"input_type": "request", "texts": "a"},
        {"input_type": "request", "texts": [3]},
        {"input_type": "request", "texts": ["a"], "images": [3]},
        {"input_type": "request", "texts": ["a"], "images": ["http://127.0.0.1/a.png"]},
        {"input_type": "request", "texts": ["a"], "tool_calls": [{"function": {}}]},
        {"input_type": "request", "texts": ["a"], "additional_provider_specific_params": {"policy": "x"}},
        {"input_type": "request", "texts": ["a"], "additional_provider_specific_params": ["x"]},
        {"input_type": "request", "texts": ["a"] * 65},
    ],
)
def test_litellm_request_that_is_not_understood_is_an_error(client, body):
    answer = client.post(LITELLM, json=body)
    assert answer.status_code == 400
    assert "action" not in answer.json()


@pytest.mark.parametrize(
    ("input_", "labels"),
    [
        ("fine", ["safe"]),
        (["fine", "bad", "odd"], ["safe", "unsafe", "unsafe"]),
        ([{"type": "text", "text": "bad"}, image_part(RED)], ["unsafe"]),
    ],
)
def test_classify_labels_each_input(client, input_, labels):
    answer = client.post("/classify", json={"model": "any", "input": input_}).json()
    assert [entry["label"] for entry in answer["data"]] == labels
    assert all(entry["probs"] == ([1.0, 0.0] if entry["label"] == "safe" else [0.0, 1.0]) for entry in answer["data"])


def test_classify_judges_the_response_too(client):
    (entry,) = client.post("/classify", json={"input": "fine", "response": "bad"}).json()["data"]
    assert entry["label"] == "unsafe"


@pytest.mark.parametrize(
    "body",
    [{}, {"input": 3}, {"input": [[1, 2]]}, {"input": []}, {"input": "fine", "messages": [{"content": "bad"}]}],
)
def test_classify_of_another_form_is_an_error(client, body):
    assert client.post("/classify", json=body).status_code == 400
