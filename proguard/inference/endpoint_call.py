"""One call of an OpenAI-compatible API: a query as its request, and its reply as a completion.

A chat goes to ``/chat/completions``, a raw prompt to ``/completions``, and a query to a moderation API to
``/moderations``, whose result becomes a completion of JSON.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import openai
from openai.types import Completion as RawReply
from openai.types import ModerationCreateResponse
from openai.types.chat import ChatCompletion

from proguard.inference.engine import Completion, Finish, Query
from proguard.inference.server import Server
from proguard.inference.token_scores import score_mark
from proguard.prompt import chat_messages
from proguard.storage.images import data_url

N_LOGPROBS = 20
"""Most likely tokens of a position that a server is asked for: the most that the API allows."""

_STOPS = frozenset({"stop", "length", "tool_calls", "function_call", "max_tokens", "end_turn"})
"""Reasons to finish that are no refusal. Others are, such as ``content_filter``, ``SAFETY`` or ``RECITATION``."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request, ready to be sent."""

    send: Callable[[openai.AsyncOpenAI], Any]


def make_call(query: Query, server: Server, *, max_new_tokens: int | None) -> Call:
    """Return the request for a query."""
    fields: dict[str, Any] = {"model": server.model, **server.request}
    if query.is_moderation:
        fields["input"] = _messages(query)[-1]["content"]
        return Call(lambda client: client.moderations.create(**fields))
    fields |= _length(server.request, max_new_tokens)
    if isinstance(query.messages, str):
        fields |= {"prompt": query.messages + query.prefill}
        fields |= {"logprobs": N_LOGPROBS} if query.marks else {}
        return Call(lambda client: client.completions.create(**fields))
    fields |= {"messages": _messages(query)}
    fields |= {"logprobs": True, "top_logprobs": N_LOGPROBS} if query.marks else {}
    if extra := _extra_body(query):
        fields["extra_body"] = {**extra, **fields.get("extra_body", {})}
    return Call(lambda client: client.chat.completions.create(**fields))


def _length(request: Mapping[str, Any], max_new_tokens: int | None) -> dict[str, int]:
    has_own = "max_tokens" in request or "max_completion_tokens" in request
    return {} if has_own or max_new_tokens is None else {"max_tokens": max_new_tokens}


def _extra_body(query: Query) -> dict[str, Any]:
    """Return the fields that vLLM and SGLang know in addition to OpenAI's."""
    extra: dict[str, Any] = {"chat_template_kwargs": dict(query.template)} if query.template else {}
    if query.prefill:
        extra |= {"continue_final_message": True, "add_generation_prompt": False}
    return extra


def _messages(query: Query) -> list[dict[str, Any]]:
    """Return the messages with the image as a data URL, and the start of the answer as the last one."""
    chat = [] if isinstance(query.messages, str) else chat_messages(query.messages)
    messages = [m | {"content": _parts(m["content"], query.image)} for m in chat]
    return [*messages, {"role": "assistant", "content": query.prefill}] if query.prefill else messages


def _parts(content: Sequence[dict[str, Any]], image: bytes | None) -> list[dict[str, Any]]:
    return [
        {"type": "image_url", "image_url": {"url": data_url(image)}}
        if part["type"] == "image" and image is not None
        else part
        for part in content
    ]


def read_reply(reply: Any, query: Query, *, redact: Callable[[str], str], where: str) -> Completion:
    """Return what a server answered.

    An answer without a choice or without words is a refusal, unless it was cut: servers answer so where a filter of
    theirs held something back.

    Args:
        reply: What the client made of the answer.
        query: What was asked.
        redact: Takes the key out of a text.
        where: Begins the messages.

    Raises:
        ConnectionError: When it is an answer of another protocol.
    """
    if isinstance(reply, ModerationCreateResponse) and reply.results:
        return Completion(redact(json.dumps(reply.results[0].model_dump(mode="json", by_alias=True))))
    if not isinstance(reply, ChatCompletion | RawReply) or "choices" not in reply.model_fields_set:
        raise ConnectionError(f"{where}: expected an answer with choices, found {type(reply).__name__}")
    usage = reply.usage
    tokens = (usage.prompt_tokens or 0, usage.completion_tokens or 0) if usage else None
    if not reply.choices:
        return Completion("", "refused", tokens=tokens)
    choice: Any = reply.choices[0]
    text: str | None = choice.text if isinstance(reply, RawReply) else choice.message.content
    finish = _finish(choice, text)
    if finish == "refused":
        return Completion("", "refused", tokens=tokens)
    scores = tuple(score_mark(*_candidates(choice), mark) for mark in query.marks)
    return Completion(query.prefill + redact(text or ""), finish, scores, tokens)


def _finish(choice: Any, text: str | None) -> Finish:
    reason = choice.finish_reason or "stop"
    if reason.lower() in ("length", "max_tokens"):
        return "length"
    has_refusal = getattr(getattr(choice, "message", None), "refusal", None) is not None
    return "refused" if has_refusal or reason.lower() not in _STOPS or not (text or "").strip() else "stop"


def _candidates(choice: Any) -> tuple[list[str], Callable[[int], Mapping[str, float]]]:
    """Return the tokens of an answer, and what else could have come at each position, with probabilities."""
    found = choice.logprobs
    if found is None:
        return [], lambda _: {}
    if hasattr(found, "content"):
        steps = [(s.token, {t.token: t.logprob for t in s.top_logprobs}) for s in found.content or ()]
    else:
        steps = list(zip(found.tokens or (), found.top_logprobs or (), strict=False))
    return [token for token, _ in steps], lambda i: {t: exp(logprob) for t, logprob in (steps[i][1] or {}).items()}
