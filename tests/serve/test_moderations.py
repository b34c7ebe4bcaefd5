"""`POST /v1/moderations` in process."""

import json
import threading

import pytest

from proguard.serve import inputs
from proguard.serve.openai_names import OPENAI_NAMES
from proguard.storage.image import decode_image
from tests.moderate.engines import FailingEngine, ScoringEngine
from tests.moderate.test_item import BLUE, RED
from tests.serve.servers import asking, data_url, image_part, rule
from tests.worlds import taxonomy

TEXT = {"type": "text", "text": "hello"}


@pytest.fixture(scope="module")
def client():
    with asking() as client:
        yield client


def moderate(client, **body):
    return client.post("/v1/moderations", json=body)


def error_of(answer):
    assert set(answer.json()) == {"error"}
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert answer.headers["x-request-id"].startswith("modr-")
    return answer.status_code, error["code"], error["param"]


@pytest.mark.parametrize(
    ("input_", "flags"),
    [
        ("fine", [False]),
        ("a bad one", [True]),
        (["fine", "bad", "fine"], [False, True, False]),
        ([TEXT], [False]),
        ([TEXT, {"type": "text", "text": "bad"}], [True]),
        ([image_part(RED)], [False]),
        ([TEXT, image_part(RED), image_part(BLUE)], [False]),
    ],
)
def test_input_of_each_form_gets_a_result_for_each_item(client, input_, flags):
    answer = moderate(client, input=input_)
    assert answer.status_code == 200
    assert [result["flagged"] for result in answer.json()["results"]] == flags


@pytest.mark.parametrize(
    "write",
    [
        lambda text: text,
        lambda text: text.replace('"image_url"', r'"\u0069mage_url"'),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-32-le"),
    ],
)
def test_images_are_decoded_beside_the_loop(client, monkeypatch, write):
    threads = []

    def decode(content, **options):
        threads.append(threading.current_thread().name)
        return decode_image(content, **options)

    monkeypatch.setattr(inputs, "decode_image", decode)
    answer = client.post("/v1/moderations", content=write(json.dumps({"input": [image_part(RED)]})))
    assert answer.status_code == 200
    assert threads == ["AnyIO worker thread"]


@pytest.mark.parametrize("input_", ["fine", "bad", "odd", [image_part(RED)]])
def test_every_field_is_there_and_of_its_exact_type(client, input_):
    body = moderate(client, input=input_).json()
    assert (type(body["id"]), body["model"]) == (str, "proguard")
    result = body["results"][0]
    names = {*OPENAI_NAMES, *(node.code for node in taxonomy()), "unlisted"}
    assert type(result["flagged"]) is bool
    for key, kind in {"categories": bool, "category_scores": float, "category_applied_input_types": list}.items():
        assert set(result[key]) == names
        assert {type(value) for value in result[key].values()} == {kind}


def test_category_is_true_under_its_id_and_openais_name(client):
    policy = {"policy": "default", "response": "no"}
    result = moderate(client, input="bad", **policy).json()["results"][0]
    assert [name for name, is_true in result["categories"].items() if is_true] == ["C2", "C2S2"]
    assert result["category_scores"]["C2S2"] == 1.0
    assert result["proguard"]["name"] == "Private Data Leakage"
    assert result["category_applied_input_types"]["C2S2"] == ["text"]


@pytest.mark.parametrize(("text", "score", "shown"), [("bad", 0.8, 0.8), ("bad", 0.2, 1.0), ("fine", 0.8, 0.0)])
def test_score_that_contradicts_the_verdict_is_not_shown_to_clients_with_a_threshold(text, score, shown):
    with asking(ScoringEngine(lambda prompt: (rule(prompt), score))) as scored:
        result = moderate(scored, input=text).json()["results"][0]
        (label,) = scored.post("/classify", json={"input": text}).json()["data"]
    assert (max(result["category_scores"].values()), result["proguard"]["score"]) == (shown, score)
    assert label["probs"][1] == shown if text == "bad" else label["probs"][1] <= 0.5


def test_item_without_a_verdict_is_flagged_in_every_map(client):
    result = moderate(client, input="odd").json()["results"][0]
    assert result["flagged"] is True
    assert [name for name, is_true in result["categories"].items() if is_true] == ["unlisted"]
    assert (result["category_scores"]["unlisted"], result["category_scores"]["hate"]) == (1.0, 0.0)
    assert (result["proguard"]["status"], result["category_applied_input_types"]["hate"]) == ("malformed", [])


def test_hashes_name_guard_prompt_taxonomy_and_policy(client):
    result = moderate(client, input="fine").json()["results"][0]
    assert set(result["proguard"]["hashes"]) == {"guard", "prompt", "taxonomy", "policy"}


@pytest.mark.parametrize(("explain", "holds"), [({}, False), ({"explain": False}, False), ({"explain": True}, True)])
def test_guards_own_words_come_only_when_asked_for(client, explain, holds):
    result = moderate(client, input="odd", **explain).json()["results"][0]["proguard"]
    assert ("completion" in result) is holds
    assert ("reasoning" in result) is holds


@pytest.mark.parametrize(
    ("body", "covered"),
    [
        ({"input": "q", "response": "a"}, ["request", "response"]),
        ({"response": "a"}, ["response"]),
        ({"input": "", "response": "a"}, ["response"]),
        ({"input": [], "response": "a"}, ["response"]),
        ({"input": ["q"], "response": "a"}, ["request", "response"]),
        ({"input": [image_part(RED)], "response": "a"}, ["image 1", "response"]),
    ],
)
def test_response_is_judged_with_or_without_a_request(client, body, covered):
    assert moderate(client, **body).json()["results"][0]["proguard"]["covered"] == covered


@pytest.mark.parametrize("model", ["omni-moderation-latest", "text-moderation-stable", "proguard", None])
def test_names_of_openais_models_are_aliases(client, model):
    assert moderate(client, input="fine", model=model).json()["model"] == "proguard"


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({}, 400, "empty_input", "input"),
        ({"input": None}, 400, "empty_input", "input"),
        ({"input": ""}, 400, "empty_input", "input"),
        ({"input": " \n"}, 400, "empty_input", "input"),
        ({"input": []}, 400, "empty_input", "input"),
        ({"input": ["a", ""]}, 400, "empty_input", "input[1]"),
        ({"input": 3}, 400, "invalid_type", "input"),
        ({"input": True}, 400, "invalid_type", "input"),
        ({"input": {"type": "text"}}, 400, "invalid_type", "input"),
        ({"input": [1, 2]}, 400, "invalid_type", "input[0]"),
        ({"input": ["a", None]}, 400, "invalid_type", "input[1]"),
        ({"input": ["a", TEXT]}, 400, "invalid_type", "input[1]"),
        ({"input": [["a"]]}, 400, "invalid_type", "input[0]"),
        ({"input": "half \ud83d"}, 400, "invalid_text", "input"),
        ({"input": [TEXT, "a"]}, 400, "invalid_part", "input[1]"),
        ({"input": [{"type": "text"}]}, 400, "invalid_part", "input[0]"),
        ({"input": [{"type": "audio", "audio": "x"}]}, 400, "invalid_part", "input[0]"),
        ({"input": [{"type": "image_url", "image_url": "x"}]}, 400, "invalid_part", "input[0]"),
        ({"input": [{"type": "text", "text": None}]}, 400, "invalid_part", "input[0]"),
        ({"input": "a", "response": 3}, 400, "invalid_type", "response"),
        ({"input": ["a", "b"], "response": "c"}, 400, "response_of_many", "response"),
        ({"input": "a", "explain": "yes"}, 400, "invalid_type", "explain"),
        ({"input": "a", "policy": "nobody's"}, 400, "unknown_policy", "policy"),
        ({"input": "a", "policy": ["C2S2"]}, 400, "unknown_policy", "policy"),
        ({"input": "a", "respone": "b"}, 400, "unknown_parameter", "respone"),
        ({"input": "a", "half \ud83d": "b"}, 400, "unknown_parameter", "half ?"),
        ({"input": "a", "model": "gpt-4"}, 404, "model_not_found", "model"),
        ({"input": "a", "model": 3}, 404, "model_not_found", "model"),
    ],
)
def test_request_of_another_form_is_refused_by_name(client, body, status, code, param):
    content = json.dumps(body).encode()
    assert error_of(client.post("/v1/moderations", content=content)) == (status, code, param)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"3",
        b"null",
        b'"a"',
        b'{"input": NaN',
        b"[" * 9000,
        b'{"input":' + b"[" * 9000,
        b"--x",
    ],
)
def test_body_that_is_no_json_object_is_refused(client, content):
    assert error_of(client.post("/v1/moderations", content=content))[:2] == (400, "invalid_json")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("data:image/png;base64,!!!!", "invalid_image"),
        ("data:image/png;base64,", "invalid_image"),
        ("data:image/png;base64,AAAA", "invalid_image"),
        (data_url(RED)[:-60], "invalid_image"),
        ("data:image/png,AAAA", "image_url_not_allowed"),
        ("http://127.0.0.1/x.png", "image_url_not_allowed"),
        ("https://example.com/x.png", "image_url_not_allowed"),
        ("file:///etc/hostname", "image_url_not_allowed"),
        ("", "image_url_not_allowed"),
    ],
)
def test_image_that_is_none_is_refused_by_name(client, url, code):
    part = {"type": "image_url", "image_url": {"url": url}}
    answer = moderate(client, input=[TEXT, part])
    assert error_of(answer) == (400, code, "input[1].image_url")
    assert "0x" not in answer.text


@pytest.mark.parametrize(
    ("limits", "body", "status", "code"),
    [
        ({"body_bytes": 500}, {"input": "x" * 600}, 413, "body_too_large"),
        ({"json_values": 10}, {"input": ["x"] * 20}, 400, "body_too_complex"),
        ({"inputs": 3}, {"input": ["x"] * 4}, 400, "too_many_inputs"),
        ({"images": 1}, {"input": [image_part(RED)] * 2}, 400, "too_many_images"),
        ({"image_bytes": 20}, {"input": [image_part(RED)]}, 400, "image_too_large"),
        ({"request_pixels": 63}, {"input": [image_part(RED)]}, 400, "too_many_pixels"),
        ({"request_pixels": 100}, {"input": [image_part(RED)] * 2}, 400, "too_many_pixels"),
        ({}, {"input": "x" * 2561}, 400, "text_too_long"),
        ({}, {"input": ["x", "x" * 2561]}, 400, "text_too_long"),
        ({}, {"input": [{"type": "text", "text": "x" * 1281}] * 2}, 400, "text_too_long"),
        ({}, {"input": "x", "response": "x" * 2561}, 400, "text_too_long"),
        ({"bodies_bytes": 500}, {"input": "x" * 600}, 429, "overloaded"),
    ],
)
def test_limit_that_is_exceeded_is_named(limits, body, status, code):
    with asking(limits=limits) as client:
        assert error_of(moderate(client, **body))[:2] == (status, code)
        assert moderate(client, input="fine").status_code == 200


def test_policy_of_the_folder_is_found_by_its_name(tmp_path):
    (tmp_path / "queues.yaml").write_text("- {id: queue-jumping, name: Queue Jumping, description: Skips a queue.}\n")
    (tmp_path / "notes.txt").write_text("no policy")
    with asking(policies=tmp_path) as client:
        result = moderate(client, input="bad", policy="queues").json()["results"][0]
        assert "queue-jumping" in result["categories"]
        assert "C1" not in result["categories"]
        assert set(client.get("/v1/policies").json()["policies"]) == {"default", "queues"}


def test_engine_that_fails_on_one_item_flags_it_alone():
    with asking(FailingEngine(rule, poison="poison")) as client:
        results = moderate(client, input=["fine", "poison"]).json()["results"]
    assert [(r["flagged"], r["proguard"]["status"]) for r in results] == [(False, "ok"), (True, "incomplete")]


def test_engine_that_fails_on_all_items_gives_no_outcome():
    with asking(FailingEngine(rule, poison="poison")) as client:
        answer = moderate(client, input="poison")
    assert error_of(answer)[:2] == (503, "engine_failed")
    assert "secret" not in answer.text
    assert answer.headers["retry-after"] == "1"
