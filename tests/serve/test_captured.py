"""Requests as LangChain, any-guardrail, LiteLLM and NeMo Guardrails send them; `make clients` captures them."""

import json
from pathlib import Path

import pytest

from tests.serve.servers import asking

REQUESTS = json.loads((Path(__file__).parent / "captured.json").read_text(encoding="utf-8"))
BLOCKED = {
    "/v1/moderations": lambda body: body["results"][0]["flagged"],
    "/beta/litellm_basic_guardrail_api": lambda body: body["action"] == "BLOCKED",
    "/classify": lambda body: body["data"][0]["label"] == "unsafe",
    "/v1/chat/completions": lambda body: "unsafe" in body["choices"][0]["message"]["content"],
}


@pytest.fixture(scope="module")
def client():
    with asking() as client:
        yield client


def test_captured_requests_are_of_every_route():
    assert {request["path"] for request in REQUESTS} == set(BLOCKED)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request["path"])
def test_captured_request_is_understood_and_blocked_when_it_has_to_be(client, request_):
    text = json.dumps(request_["body"])
    answer = client.post(request_["path"], json=request_["body"])
    is_refused = "absent" in text or "x" * 3000 in text
    assert answer.status_code == (400 if is_refused else 200)
    if not is_refused:
        assert BLOCKED[request_["path"]](answer.json()) is any(word in text for word in ("bad", "odd"))
