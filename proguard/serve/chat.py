"""`POST /v1/chat/completions` that judges the conversation it is given, as content-safety models do.

The answer is the JSON of NVIDIA's content-safety models, which NeMo Guardrails reads: ``User Safety``, ``Response
Safety`` where the agent answered, and ``Safety Categories``. Each user message is judged with the answer after it, and
each system message as a text of its own; calls of tools belong to the message's text. What has no verdict is unsafe,
and a message that holds anything else is an error.
"""

import json
import time
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from proguard.moderate.item import Item
from proguard.moderate.outcome import Outcome
from proguard.serve.errors import ApiError
from proguard.serve.inputs import InputReader, Url
from proguard.serve.policies import find_policy
from proguard.serve.routes import Asked
from proguard.serve.service import Loaded

_ROLES = ("system", "developer", "user", "assistant", "tool")
_KEYS = ("role", "content", "refusal", "function_call", "tool_calls", "name", "tool_call_id")
"""What a message may hold: its role, what is judged of it, and names."""


def read_chat(content: dict[str, Any], loaded: Loaded) -> Asked:
    """Read a chat request; options of sampling change nothing, since a verdict is greedy."""
    messages = content.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ApiError(400, "invalid_type", "messages: expected a list of messages", "messages")
    if content.get("stream"):
        raise ApiError(400, "stream_not_supported", "stream: a verdict comes in one piece", "stream")
    if content.get("n") not in (None, 1):
        raise ApiError(400, "invalid_type", "n: expected 1", "n")
    policy = find_policy(loaded.policies, content.get("policy"))
    items = _items_of(messages, loaded.reader)

    def answer(outcomes: Sequence[Outcome], id_: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": json.dumps(_describe(items, outcomes))}
        return {
            "id": id_,
            "object": "chat.completion",
            "created": int(time.time()),
            "model": loaded.identity.guard,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        }

    return Asked([(item, policy) for item in items], answer)


def _items_of(messages: Sequence[Any], reader: InputReader) -> list[Item]:
    """Return an item for each message, an assistant's together with the user's message before it."""
    read: list[tuple[str, str, str | None, list[Url]]] = []
    for index, message in enumerate(messages):
        param = f"messages[{index}]"
        if not isinstance(message, Mapping) or message.get("role") not in _ROLES:
            raise ApiError(400, "invalid_type", f"{param}: expected a role of {', '.join(_ROLES)}", param)
        read.append((param, str(message["role"]), *_content_of(message, reader, param)))
    urls = [url for *_, found in read for url in found]
    reader.check_numbers(n_inputs=len(read), n_images=len(urls), param="messages")
    images_left = iter(reader.images(urls))
    turns = [(param, role, text, list(islice(images_left, len(found)))) for param, role, text, found in read]
    items = []
    while turns:
        param, role, text, images = turns.pop(0)
        if role == "assistant":
            items.append(reader.item(response=text, images=images, param=param))
        elif role == "user" and turns and turns[0][1] == "assistant":
            _, _, answer, more = turns.pop(0)
            items.append(reader.item(request=text, response=answer, images=[*images, *more], param=param))
        else:
            items.append(reader.item(request=text, images=images, param=param))
    return items


def _content_of(message: Mapping[str, Any], reader: InputReader, param: str) -> tuple[str | None, list[Url]]:
    """Return all text of a message, its calls of tools included, and the addresses of its images."""
    if unread := [key for key, value in message.items() if key not in _KEYS and value not in (None, "", [], {})]:
        name = str(unread[0])[:40].encode("ascii", "replace").decode()
        raise ApiError(400, "unknown_parameter", f"{param}: expected {', '.join(_KEYS)}", f"{param}.{name}")
    content, texts, urls = message.get("content"), list[str](), list[Url]()
    if isinstance(content, list):
        text, urls = reader.parts(content, f"{param}.content")
        texts += [] if text is None else [text]
    elif content is not None:
        texts.append(reader.text(content, f"{param}.content"))
    if message.get("refusal") is not None:
        texts.append(reader.text(message["refusal"], f"{param}.refusal"))
    if message.get("function_call") is not None:
        texts.append(reader.call({"function": message["function_call"]}, f"{param}.function_call"))
    texts += [reader.call(call, f"{param}.tool_calls") for call in reader.list_of(message, "tool_calls", param)]
    return "\n".join(texts) if texts else None, urls


def _describe(items: Sequence[Item], outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Return the fields that NeMo reads; a side without a verdict is unsafe."""
    asked = [(item, outcome) for item, outcome in zip(items, outcomes, strict=True)]
    sides = {
        "User Safety": [o.request for i, o in asked if i.request is not None or i.images],
        "Response Safety": [o.response for i, o in asked if i.response is not None],
    }
    verdicts = {
        side: "safe" if set(labels) == {"safe"} and all(o.status == "ok" for o in outcomes) else "unsafe"
        for side, labels in sides.items()
        if labels
    }
    names = dict.fromkeys(o.name or o.category or o.status for o in outcomes if o.flagged)
    return verdicts | ({"Safety Categories": ", ".join(names)} if names else {})
