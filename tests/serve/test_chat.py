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
