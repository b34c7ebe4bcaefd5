"""The endpoint engine: what goes out for each kind of query, and what comes back."""

import json

import pytest

from proguard.inference.endpoint import EndpointEngine
from proguard.inference.engine import Completion, Mark, Query
from proguard.inference.server import Patience, Server
from tests.fake_endpoint import first_tokens, serve
from tests.worlds import draw_rows

CHAT = [{"role": "system", "content": "judge"}, {"role": "user", "content": "hello"}]
LABELS = Mark(("safe", "unsafe"))

pytestmark = pytest.mark.slow


def ask(server, *queries, request=(), max_new_tokens=16):
    engine = EndpointEngine(
        Server(server.url, "m", None, dict(request)),
        Patience(4, 1, 5.0),
        max_new_tokens=max_new_tokens,
        where="guards.g",
    )
    return engine.complete(queries)


def test_completions_come_in_the_order_of_the_queries():
    queries = [Query([{"role": "user", "content": str(i)}]) for i in range(20)]
    with serve(lambda request: request["messages"][0]["content"][0]["text"]) as server:
        assert [c.text for c in ask(server, *queries)] == [str(i) for i in range(20)]


def test_chat_carries_template_arguments_and_the_start_of_the_answer():
    with serve(lambda _: "FAIL") as server:
        (completion,) = ask(server, Query(CHAT, template={"enable_thinking": False}, prefill="<answer>\n"))
    (request,) = server.requests
    assert completion.text == "<answer>\nFAIL"
    assert request["messages"][-1] == {"role": "assistant", "content": "<answer>\n"}
    assert request["chat_template_kwargs"] == {"enable_thinking": False}
    assert (request["continue_final_message"], request["add_generation_prompt"]) == (True, False)
    assert (request["max_tokens"], "logprobs" in request) == (16, False)


def test_settings_of_the_request_come_first():
    with serve() as server:
        ask(server, Query(CHAT), request={"max_completion_tokens": 9, "temperature": 0})
    assert "max_tokens" not in server.requests[0]
    assert (server.requests[0]["max_completion_tokens"], server.requests[0]["temperature"]) == (9, 0)


def test_raw_prompt_goes_without_chat_markup_to_the_other_address():
    top = [{"\n": -0.01}, {"safe": -0.5, "un": -1.0}]
    logprobs = {"tokens": ["\n", "safe"], "token_logprobs": [-0.1, -0.5], "top_logprobs": top, "text_offset": [0, 1]}
    with serve(lambda _: {"text": "\nsafe", "logprobs": logprobs}) as server:
        (completion,) = ask(server, Query("[INST] check [/INST]", marks=(LABELS,)))
    assert server.paths == ["/v1/completions"]
    assert server.requests[0]["prompt"] == "[INST] check [/INST]"
    assert completion.scores[0] == pytest.approx({"safe": 0.60653, "unsafe": 0.36788}, abs=1e-5)


@pytest.mark.parametrize(
    ("tokens", "scores"),
    [
        (({"\n\n": 0.99}, {"safe": 0.7, "unsafe": 0.2}), {"safe": 0.7, "unsafe": 0.2}),
        (({"un": 0.6, "safe": 0.3}, {"safe": 1.0}), {"safe": 0.3, "unsafe": 0.6}),
        (({"Hello": 0.9},), {"safe": 0.0, "unsafe": 0.0}),
    ],
)
def test_token_probabilities_are_of_the_first_word(tokens, scores):
    with serve(lambda _: {"text": "x", "logprobs": first_tokens(*tokens)}) as server:
        (completion,) = ask(server, Query(CHAT, marks=(LABELS,)))
    assert server.requests[0]["top_logprobs"] == 20
    assert completion.scores[0] == pytest.approx(scores)


def test_server_without_probabilities_gives_no_score():
    with serve(lambda _: "safe") as server:
        assert ask(server, Query(CHAT, marks=(LABELS,)))[0].scores == (None,)


@pytest.mark.parametrize(
    ("answer", "text", "finish"),
    [
        ({"text": "safe", "finish_reason": "length"}, "safe", "length"),
        ({"text": "safe", "finish_reason": "MAX_TOKENS"}, "safe", "length"),
        ({"text": "so", "finish_reason": "content_filter"}, "", "refused"),
        ({"text": "so", "finish_reason": "PROHIBITED_CONTENT"}, "", "refused"),
        ({"text": None, "finish_reason": "STOP"}, "", "refused"),
        ({"text": "", "finish_reason": "stop"}, "", "refused"),
        ({"text": "so", "finish_reason": None}, "so", "stop"),
    ],
)
def test_reason_to_finish_says_refused_or_cut(answer, text, finish):
    with serve(lambda _: answer) as server:
        (completion,) = ask(server, Query(CHAT))
    assert (completion.text, completion.finish) == (text, finish)


def test_reasoning_beside_the_content_is_no_part_of_the_answer():
    message = {"role": "assistant", "content": "safe", "reasoning_content": "unsafe, perhaps"}
    with serve(lambda _: {"text": "", "message": message}) as server:
        assert ask(server, Query(CHAT))[0].text == "safe"


def test_moderation_gets_text_and_image_and_answers_as_json():
    _, images = draw_rows(3)
    image = next(iter(images.values()))
    result = {"flagged": True, "categories": {"self-harm/intent": True, "illicit": None}, "category_scores": {}}
    query = Query([{"role": "user", "content": "<image>hello"}], image, is_moderation=True)
    with serve(lambda _: result) as server:
        (completion,) = ask(server, query)
    (request,) = server.requests
    assert (server.paths, [part["type"] for part in request["input"]]) == (["/v1/moderations"], ["image_url", "text"])
    answered = json.loads(completion.text)
    assert (answered["flagged"], answered["categories"]["self-harm/intent"]) == (True, True)


def test_no_query_asks_nothing():
    with serve() as server:
        assert ask(server) == []
    assert server.requests == []


def test_error_names_the_guard_and_the_sample():
    with (
        serve(faults=iter([404])) as server,
        pytest.raises(ValueError, match="guards.g: http.*: sample s1: status 404"),
    ):
        ask(server, Query(CHAT, id="s1"))


def test_tokens_are_those_that_the_server_counts():
    with serve() as server:
        assert ask(server, Query(CHAT))[0] == Completion("C1S1", "stop", (), (100, 3))
