"""LiteLLM's two guardrail classes that ask a server: OpenAI moderation, and the generic guardrail API."""

import asyncio
import os

import pytest
from fastapi import HTTPException
from litellm.proxy.guardrails.guardrail_hooks.generic_guardrail_api import GenericGuardrailAPI
from litellm.proxy.guardrails.guardrail_hooks.openai.moderations import OpenAIModerationGuardrail

ADDRESS, KEY = os.environ["GUARD_ADDRESS"], os.environ["GUARD_KEY"]
PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP8z4AdMOEQH6QSAM1BAQ8IHAXzAAAAAElF"
    "TkSuQmCC"
)


def run(call):
    return asyncio.run(call)


def ask_moderation(text, key=KEY):
    guardrail = OpenAIModerationGuardrail(
        guardrail_name="guard", api_key=key, api_base=f"{ADDRESS}/v1", event_hook="pre_call", default_on=True
    )
    data = {"model": "any", "metadata": {}}
    return run(guardrail.apply_guardrail(inputs={"texts": [text]}, request_data=data, input_type="request"))


def test_openai_moderation_passes_what_is_safe():
    assert ask_moderation("fine")["texts"] == ["fine"]


@pytest.mark.parametrize("text", ["something bad", "odd"])
def test_openai_moderation_blocks_what_is_flagged(text):
    with pytest.raises(HTTPException) as raised:
        ask_moderation(text)
    assert raised.value.status_code == 400


@pytest.mark.parametrize(("text", "key"), [("fine", "wrong"), ("x" * 3000, KEY)])
def test_openai_moderation_is_closed_when_the_server_refuses(text, key):
    with pytest.raises(Exception, match="401|400"):
        ask_moderation(text, key)


def generic(key=KEY, **options):
    return GenericGuardrailAPI(
        guardrail_name="guard",
        api_base=ADDRESS,
        headers={"x-api-key": key},
        event_hook="pre_call",
        default_on=True,
        **options,
    )


def ask_generic(inputs, side="request", **options):
    data = {"model": "any", "messages": [{"role": "user", "content": "hi"}], "metadata": {}}
    return run(generic(**options).apply_guardrail(inputs=inputs, request_data=data, input_type=side))


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize("inputs", [{"texts": ["fine"]}, {"texts": ["fine"], "images": [PICTURE]}])
def test_generic_guardrail_passes_what_is_safe(inputs, side):
    assert ask_generic(inputs, side)["texts"] == inputs["texts"]


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize("inputs", [{"texts": ["fine", "bad"]}, {"texts": ["odd"]}])
def test_generic_guardrail_blocks_what_is_flagged(inputs, side):
    with pytest.raises(Exception, match="unsafe|no verdict"):
        ask_generic(inputs, side)


@pytest.mark.parametrize("options", [{"key": "wrong"}, {"additional_provider_specific_params": {"policy": "absent"}}])
def test_generic_guardrail_is_closed_when_the_server_refuses(options):
    with pytest.raises(Exception):  # noqa: B017 - LiteLLM raises an Exception
        ask_generic({"texts": ["fine"]}, **options)
