"""A model behind any OpenAI-compatible server: some questions at a time, tried again when the server is busy.

The key comes from the environment and goes to the server only: it is taken out of all that the server says, errors
included. A server that is down stops the run; what was answered before is in the journal.
"""

import asyncio
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import openai
from openai.types.chat import ChatCompletion

from proguard.prompt import chat_messages
from proguard.storage.images import ImageStore, data_url
from proguard.taxonomy_map.journal import Answer
from proguard.taxonomy_map.question_prompt import Asked, chat
from proguard.taxonomy_map.settings import EndpointAnnotator

REFUSALS = frozenset({"content_filter", "content_policy_violation", "context_length_exceeded"})
"""Codes of errors that are about one question's content, not about the request or the server."""

QUESTIONS_PER_READ = 256
"""Questions whose images are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How a server is treated."""

    concurrency: int
    """Requests under way at a time."""

    retries: int
    """Further tries after 429, 5xx and lost connections, with growing pauses or the pause that the server asks for."""

    timeout_s: float
    """Seconds until a request counts as lost."""

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError(f"runtime.annotators.endpoint.concurrency: expected 1 or more, found {self.concurrency}")


@dataclass(frozen=True, slots=True)
class _Line:
    """An open line to the server."""

    client: openai.AsyncOpenAI
    annotator: EndpointAnnotator
    key: str | None
    system: str


def annotate_by_endpoint(
    asked: Sequence[Asked],
    *,
    annotator: EndpointAnnotator,
    system: str,
    images: ImageStore,
    patience: Patience,
    keep: Callable[[Answer], None],
) -> None:
    """Ask the server every question; each answer goes to ``keep`` as it comes, in any order.

    Raises:
        ConnectionError: When the server can't be reached, stays busy or answers in another protocol.
        PermissionError: When there is no key, or the server doesn't take it.
        ValueError: When the server finds the request wrong.
    """
    if not asked:
        return
    key = _read_key(annotator)
    client = openai.AsyncOpenAI(
        api_key=key or "none", base_url=annotator.url, max_retries=patience.retries, timeout=patience.timeout_s
    )
    asyncio.run(_ask_all(asked, _Line(client, annotator, key, system), images, patience.concurrency, keep))


async def _ask_all(
    asked: Sequence[Asked],
    line: _Line,
    images: ImageStore,
    concurrency: int,
    keep: Callable[[Answer], None],
) -> None:
    async with line.client:
        for start in range(0, len(asked), QUESTIONS_PER_READ):
            part = asked[start : start + QUESTIONS_PER_READ]
            content = images.read(a.image for a in part if a.image is not None)
            todo = iter(part)
            failures: Sequence[BaseException] = ()
            try:
                async with asyncio.TaskGroup() as tasks:
                    for _ in range(concurrency):
                        tasks.create_task(_work(todo, line, content, keep))
            except* (ConnectionError, PermissionError, ValueError) as group:
                failures = group.exceptions
            if failures:
                raise failures[0]


async def _work(
    todo: Iterator[Asked], line: _Line, content: Mapping[str, bytes], keep: Callable[[Answer], None]
) -> None:
    """Ask questions one after the other until none is left; several workers share ``todo``."""
    for asked in todo:
        keep(await _ask(asked, line, None if asked.image is None else content[asked.image]))


async def _ask(asked: Asked, line: _Line, image: bytes | None) -> Answer:
    annotator = line.annotator
    where = f"taxonomy_map.annotators: {annotator.name}: {annotator.url}: sample {asked.id}"
    try:
        reply = await line.client.chat.completions.create(
            model=annotator.model, messages=_messages(asked, line.system, image), **annotator.request
        )
    except openai.APIStatusError as error:
        if error.code in REFUSALS:
            return Answer(asked.key, asked.id, None)
        raise _explain(error, where, line) from None
    except openai.APIConnectionError as error:
        raise ConnectionError(f"{where}: no answer ({type(error).__name__}); {_GO_ON}") from None
    except json.JSONDecodeError:
        raise ConnectionError(f"{where}: the answer is no JSON; is the url the base of an API? {_GO_ON}") from None
    return _read_reply(reply, asked, line, where)


_GO_ON = "run again when the server is back, answers so far are kept"


def _explain(error: openai.APIStatusError, where: str, line: _Line) -> Exception:
    """Return the exception for a status that retries did not mend, with the server's words but for the key."""
    said = f"{where}: status {error.status_code}: {_redact(error.message, line.key)[:300]}"
    if error.status_code in (401, 403):
        return PermissionError(f"{said}; check the key in the variable {line.annotator.key_variable}")
    if error.status_code in (408, 409, 429) or error.status_code >= 500:
        return ConnectionError(f"{said}; {_GO_ON}")
    return ValueError(f"{said}; check the annotator's url, model and request")


def _read_reply(reply: Any, asked: Asked, line: _Line, where: str) -> Answer:
    if not isinstance(reply, ChatCompletion) or not reply.choices:
        raise ConnectionError(f"{where}: expected a chat completion with a choice, found {type(reply).__name__}")
    choice, usage = reply.choices[0], reply.usage
    is_refused = choice.finish_reason == "content_filter" or choice.message.refusal is not None
    return Answer(
        asked.key,
        asked.id,
        None if is_refused else _redact(choice.message.content or "", line.key),
        usage.prompt_tokens if usage else None,
        usage.completion_tokens if usage else None,
    )


def _messages(asked: Asked, system: str, image: bytes | None) -> list[dict[str, Any]]:
    """Return the messages with the image as a data URL."""
    messages = chat_messages(chat(asked, system))
    for message in messages:
        message["content"] = [
            {"type": "image_url", "image_url": {"url": data_url(image)}}
            if part["type"] == "image" and image is not None
            else part
            for part in message["content"]
        ]
    return messages


def _read_key(annotator: EndpointAnnotator) -> str | None:
    if annotator.key_variable is None:
        return None
    key = os.environ.get(annotator.key_variable)
    if not key:
        raise PermissionError(
            f"taxonomy_map.annotators: {annotator.name}: no key in the environment variable "
            f"{annotator.key_variable}; set it, or key_variable: null for a server that asks for none"
        )
    return key


def _redact(text: str, key: str | None) -> str:
    return text.replace(key, "[key]") if key else text
