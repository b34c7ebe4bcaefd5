"""LangChain's moderation middleware: an agent's input and output, with invoke and with stream."""

import os

import pytest
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_openai.middleware import OpenAIModerationMiddleware
from langchain_openai.middleware.openai_moderation import OpenAIModerationError
from openai import AsyncOpenAI, OpenAI

SERVER = {"base_url": os.environ["GUARD_ADDRESS"] + "/v1", "api_key": os.environ["GUARD_KEY"]}


def agent(answer, server=SERVER, **options):
    guard = OpenAIModerationMiddleware(client=OpenAI(**server), async_client=AsyncOpenAI(**server), **options)
    model = GenericFakeChatModel(messages=iter([AIMessage(answer)] * 3))
    return create_agent(model, middleware=[guard])


def ask(text):
    return {"messages": [{"role": "user", "content": text}]}


def test_invoke_passes_what_is_safe():
    assert agent("all fine").invoke(ask("hello"))["messages"][-1].content == "all fine"


@pytest.mark.parametrize(("text", "answer"), [("something bad", "fine"), ("hello", "bad"), ("odd", "fine")])
def test_invoke_and_stream_stop_what_is_flagged(text, answer):
    last = agent(answer).invoke(ask(text))["messages"][-1].content
    assert "flagged" in last
    states = list(agent(answer).stream(ask(text), stream_mode="values"))
    assert "flagged" in states[-1]["messages"][-1].content


def test_stream_of_tokens_gives_none_before_the_input_is_judged():
    tokens = list(agent("secret answer").stream(ask("something bad"), stream_mode="messages"))
    assert not any("secret" in str(token) for token in tokens)


def test_error_mode_names_the_category():
    with pytest.raises(OpenAIModerationError, match="C2S2") as raised:
        agent("fine", exit_behavior="error").invoke(ask("something bad"))
    assert raised.value.result.category_scores.model_dump()["C2S2"] == 1.0


def test_server_that_refuses_the_key_lets_nothing_pass():
    with pytest.raises(Exception, match="401 - no valid API key"):
        agent("fine", SERVER | {"api_key": "wrong", "max_retries": 0}).invoke(ask("hello"))
