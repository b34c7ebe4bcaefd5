"""A guard whose weights are behind a server."""

import pytest

from proguard.guard_folder import seal_guard
from proguard.inference.server import Server
from proguard.moderate import guard as guard_module
from proguard.moderate.guard import PATIENCE, Guard
from tests.fake_endpoint import serve
from tests.moderate.engines import say
from tests.moderate.test_item import RED
from tests.worlds import make_guard_card
from tools.closure import ROOT


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Return a function that loads a guard which asks an address."""
    seal_guard(tmp_path, make_guard_card(), ROOT / "data" / "taxonomy.yaml")
    monkeypatch.setattr(guard_module, "PATIENCE", type(PATIENCE)(concurrency=4, retries=0, timeout_s=5))
    return lambda url: Guard.load(tmp_path, "endpoint", endpoint=Server(url, "guard"))


def test_endpoint_is_asked_greedily_with_the_image_and_the_cards_length(load):
    with serve(lambda request: say()) as endpoint:
        outcome = load(endpoint.url).moderate([{"request": "hello", "images": [RED]}])[0]
    request = endpoint.requests[0]
    assert (outcome.flagged, request["temperature"], request["max_tokens"]) == (False, 0, 48)
    kinds = [part["type"] for part in request["messages"][1]["content"]]
    assert "image_url" in kinds


def test_endpoint_that_says_unsafe_flags(load):
    with serve(lambda request: say("unsafe", None, "C2S2")) as endpoint:
        assert load(endpoint.url).moderate([{"request": "hello"}])[0].name == "Private Data Leakage"


@pytest.mark.parametrize("faults", [[500, 500], [429, 429], [401, 401], [b"<html>", b"<html>"], [404, 404]])
def test_endpoint_that_fails_flags_what_it_did_not_answer(load, faults):
    with serve(lambda request: say(), faults=iter(faults)) as endpoint:
        outcome = load(endpoint.url).moderate([{"request": "hello"}])[0]
    assert (outcome.flagged, outcome.status, outcome.is_engine_failure) == (True, "incomplete", True)


def test_endpoint_that_is_gone_flags(load):
    with serve() as endpoint:
        url = endpoint.url
    assert load(url).moderate([{"request": "hello"}])[0].is_engine_failure


def test_endpoint_that_refuses_flags(load):
    with serve(lambda request: {"text": "", "finish_reason": "content_filter"}) as endpoint:
        outcome = load(endpoint.url).moderate([{"request": "hello"}])[0]
    assert (outcome.flagged, outcome.detail, outcome.is_engine_failure) == (True, "the server refused", False)


def test_engine_endpoint_needs_an_address(tmp_path):
    seal_guard(tmp_path, make_guard_card(), ROOT / "data" / "taxonomy.yaml")
    with pytest.raises(ValueError, match="expected the keyword endpoint"):
        Guard.load(tmp_path, "endpoint")
