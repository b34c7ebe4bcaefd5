"""Routes that judge nothing, keys, readiness, and what the log holds."""

import json
import logging

import pytest
from starlette.testclient import TestClient

from proguard.serve.app import make_app
from proguard.serve.keys import Keys
from tests.moderate.engines import FailingEngine
from tests.serve.servers import KEY, asking, make_service, rule, wait_until


@pytest.mark.parametrize("path", ["/nowhere", "/v1/moderation", "/v1/models/gpt-4"])
def test_unknown_path_or_model_is_a_404_in_openais_shape(path):
    with asking() as client:
        answer = client.get(path)
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found_error")


def test_wrong_method_is_a_405_in_openais_shape():
    with asking() as client:
        assert client.get("/v1/moderations").json()["error"]["code"] == "method_not_allowed"


def test_models_lists_the_guard_and_answers_to_aliases():
    with asking() as client:
        assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["proguard"]
        assert client.get("/v1/models/omni-moderation-latest").json()["id"] == "proguard"


def test_page_is_plain_html_that_loads_nothing_from_elsewhere():
    with asking() as client:
        answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "http" not in answer.text.replace("http-equiv", "")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/v1/models", "/metrics", "/v1/policies", "/v1/models/proguard"])
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": KEY}, {"x-api-key": KEY[:-1]}, {"x-api-key": ""}],
)
def test_route_without_a_valid_key_is_closed(path, headers):
    with asking(keys=Keys([KEY])) as client:
        assert client.get(path, headers=headers).json()["error"]["code"] == "invalid_api_key"
        for headers in ({"Authorization": f"Bearer {KEY}"}, {"x-api-key": KEY}, {"authorization": f"bearer {KEY}"}):
            assert client.get(path, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/v1/moderations", "/classify", "/beta/litellm_basic_guardrail_api"])
def test_judging_needs_a_key_before_the_body_is_read(path):
    with asking(keys=Keys([KEY, "another key of length"])) as client:
        assert client.post(path, content=b"{").status_code == 401
        assert client.post(path, content=b"{", headers={"x-api-key": "another key of length"}).status_code == 400


@pytest.mark.parametrize("path", ["/health", "/ready", "/"])
def test_probes_and_page_need_no_key(path):
    with asking(keys=Keys([KEY])) as client:
        assert client.get(path).status_code == 200


def test_keys_refuse_a_short_one():
    with pytest.raises(ValueError, match="16 characters"):
        Keys(["short"])


def test_ready_comes_after_the_first_answer_and_goes_when_the_server_stops():
    service = make_service()
    with TestClient(make_app(service)) as client:
        wait_until(lambda: client.get("/ready").status_code == 200)
        service.is_draining = True
        answer = client.get("/ready")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stopping")
        assert client.post("/v1/moderations", json={"input": "a"}).status_code == 503
        assert client.get("/health").status_code == 200


@pytest.mark.parametrize("engine", [ValueError("no weights"), FailingEngine(rule, poison="hello")])
def test_guard_that_does_not_load_or_answer_is_never_ready(engine):
    stopped = []
    service = make_service(engine)
    with TestClient(make_app(service, on_failure=lambda: stopped.append(True))) as client:
        wait_until(lambda: bool(stopped))
        assert client.get("/ready").status_code == 503
        assert client.post("/v1/moderations", json={"input": "a"}).json()["error"]["code"] == "not_ready"
    assert service.failure is not None


def test_log_and_metrics_hold_no_content_and_no_key(caplog):
    caplog.set_level(logging.DEBUG)
    with asking(FailingEngine(rule, poison="poison"), keys=Keys([KEY])) as client:
        headers = {"x-api-key": KEY}
        for text in ("sesame", "sesame bad", "sesame odd", "sesame poison", "sesame \ud83d", "sesame" * 900):
            body = json.dumps({"input": text, "response": "sesame"})
            client.post("/v1/moderations", content=body, headers=headers)
        client.post("/v1/moderations", json={"input": "a", "policy": "sesame"}, headers=headers)
        client.post("/v1/moderations", json={"input": [{"type": "sesame"}]}, headers=headers)
        metrics = client.get("/metrics", headers=headers).text
    assert "/v1/moderations 200" in caplog.text
    assert 'proguard_verdicts_total{modality="text",outcome="unsafe_listed"} 1.0' in metrics
    for text in (caplog.text, metrics):
        assert "sesame" not in text
        assert KEY not in text


def test_metrics_count_requests_verdicts_rejections_and_batches():
    with asking() as client:
        client.post("/v1/moderations", json={"input": ["fine", "bad", "odd"]})
        client.post("/v1/moderations", content=b"{")
        metrics = client.get("/metrics").text
    for line in (
        'proguard_requests_total{route="/v1/moderations",status="200"} 1.0',
        'proguard_verdicts_total{modality="text",outcome="safe"} 1.0',
        'proguard_verdicts_total{modality="none",outcome="malformed"} 1.0',
        'proguard_rejected_total{reason="invalid_json"} 1.0',
        "proguard_batch_size_sum 3.0",
        "proguard_queue_depth 0.0",
        'proguard_info{guard="',
    ):
        assert line in metrics
