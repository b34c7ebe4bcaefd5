"""`POST /v1/chat/completions`: a conversation in, its verdict as a content-safety model words it out."""

import json

import pytest

from tests.moderate.test_item import RED
from tests.serve.servers import asking, image_part


@pytest.fixture(scope="module")
def client():
    with asking() as client:
        yield client


def chat(client, *messages, **body):
    messages = [{"role": role, "content": content} for role, content in messages]
    return client.post("/v1/chat/completions", json={"model": "any", "messages": messages, **body})


def verdict(answer):
    return json.loads(answer.json()["choices"][0]["message"]["content"])


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([("user", "fine")], {"User Safety": "safe"}),
        ([("user", "bad")], {"User Safety": "unsafe", "Safety Categories": "Private Data Leakage"}),
        ([("user", "fine"), ("assistant", "fine")], {"User Safety": "safe", "Response Safety": "safe"}),
        ([("assistant", "fine")], {"Response Safety": "safe"}),
        ([("assistant", "bad")], {"Response Safety": "unsafe", "Safety Categories": "Private Data Leakage"}),
        (
            [("user", "bad"), ("assistant", "no"), ("user", "fine"), ("assistant", "fine")],
            {"User Safety": "unsafe", "Response Safety": "safe", "Safety Categories": "Private Data Leakage"},
        ),
        ([("system", "bad"), ("user", "fine")], {"User Safety": "unsafe", "Safety Categories": "Private Data Leakage"}),
        (
            [("user", "odd"), ("assistant", "fine")],
            {"User Safety": "unsafe", "Response Safety": "unsafe", "Safety Categories": "malformed"},
        ),
        ([("user", [{"type": "text", "text": "fine"}, image_part(RED)])], {"User Safety": "safe"}),
    ],
)
def test_conversation_is_judged_turn_by_turn(client, messages, expected):
    assert verdict(chat(client, *messages)) == expected


@pytest.mark.parametrize(
    ("messages", "body"),
    [
        ([], {}),
        ([("user", None)], {}),
        ([("user", "")], {}),
        ([("user", "a"), ("assistant", 3)], {}),
        ([("robot", "a")], {}),
        ([("user", "a")], {"stream": True}),
        ([("user", "a")], {"n": 2}),
        ([("user", "a")], {"messages": "a"}),
        ([("user", "a")] * 65, {}),
    ],
)
def test_conversation_of_another_form_is_an_error(client, messages, body):
    answer = chat(client, *messages, **body)
    assert (answer.status_code, "choices" in answer.json()) == (400, False)


def ask_agent(client, **message):
    body = {"messages": [{"role": "user", "content": "fine"}, {"role": "assistant", **message}]}
    return client.post("/v1/chat/completions", json=body)


def tool(name="send", arguments="{}"):
    return {"name": name, "arguments": arguments}


@pytest.mark.parametrize(
    "message",
    [
        {"content": "fine", "tool_calls": [{"type": "function", "function": tool(arguments="bad")}]},
        {"content": None, "tool_calls": [{"function": tool()}, {"function": tool("bad")}]},
        {"content": "fine", "function_call": tool(arguments="bad")},
        {"content": [{"type": "text", "text": "fine"}], "function_call": tool("bad")},
        {"content": None, "refusal": "bad"},
    ],
)
def test_all_that_a_message_says_is_judged(client, message):
    assert verdict(ask_agent(client, **message))["Response Safety"] == "unsafe"


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "tool_calls": [{"function": tool(arguments="fine")}]},
        {"content": "fine", "tool_calls": None, "refusal": None, "audio": None, "annotations": [], "name": "a"},
    ],
)
def test_message_that_says_nothing_bad_is_safe(client, message):
    assert verdict(ask_agent(client, **message))["Response Safety"] == "safe"


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ({"reasoning_content": "bad"}, "messages[1].reasoning_content"),
        ({"audio": {"id": "a"}}, "messages[1].audio"),
        ({"images": ["bad"]}, "messages[1].images"),
        ({"refusal": 3}, "messages[1].refusal"),
        ({"tool_calls": "bad"}, "messages[1].tool_calls"),
        ({"tool_calls": [{"type": "custom", "custom": {"name": "a", "input": "bad"}}]}, "messages[1].tool_calls"),
        ({"function_call": {"name": "bad"}}, "messages[1].function_call"),
    ],
)
def test_part_of_a_message_that_is_not_judged_is_an_error(client, message, param):
    answer = ask_agent(client, content="fine", **message)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
