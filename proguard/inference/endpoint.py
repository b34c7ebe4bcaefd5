"""Completions of a model behind any OpenAI-compatible server: some at a time, tried again when the server is busy.

The key comes from the environment and goes to the server only: it is taken out of all that the server says, errors
included. A server that is down stops the run; the answers so far were kept one by one.
"""

import asyncio
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import openai

from proguard.inference.endpoint_call import make_call, read_reply
from proguard.inference.engine import Completion, Query
from proguard.inference.server import Patience, Server

REFUSALS = frozenset({"content_filter", "content_policy_violation", "context_length_exceeded"})
"""Codes of errors that are about one prompt's content, not about the request or the server."""

_GO_ON = "run again when the server is back, answers so far are kept"

Keep = Callable[[int, Completion], None]
"""Takes the index of a query and its completion."""


class EndpointEngine:
    """A model behind a server."""

    def __init__(self, server: Server, patience: Patience, *, max_new_tokens: int | None, where: str) -> None:
        """Set up; the server is asked nothing yet.

        Args:
            server: Which model, where.
            patience: How the server is treated.
            max_new_tokens: Most tokens of a completion; ``None`` leaves it to the server and to ``server.request``.
            where: Begins the messages: what the server is configured as.
        """
        self._server, self._patience, self._max_new_tokens = server, patience, max_new_tokens
        self._where = f"{where}: {server.url}"

    def complete(self, queries: Sequence[Query]) -> list[Completion]:
        """Return the completion of each query; raises as `complete_each`."""
        completions: dict[int, Completion] = {}
        self.complete_each(queries, completions.__setitem__)
        return [completions[i] for i in range(len(queries))]

    def complete_each(self, queries: Sequence[Query], keep: Keep) -> None:
        """Hand the completion of each query to ``keep`` as it comes, in any order.

        Raises:
            ConnectionError: When the server can't be reached, stays busy or answers in another protocol.
            PermissionError: When there is no key, or the server doesn't take it.
            ValueError: When the server finds the request wrong.
        """
        if queries:
            asyncio.run(self._complete_all(queries, self._read_key(), keep))

    async def _complete_all(self, queries: Sequence[Query], key: str | None, keep: Keep) -> None:
        patience, todo = self._patience, iter(enumerate(queries))
        client = openai.AsyncOpenAI(
            api_key=key or "none",
            base_url=self._server.url,
            max_retries=patience.retries,
            timeout=patience.timeout_s,
        )
        failures: Sequence[BaseException] = ()
        async with client:
            line = _Line(client, key)
            try:
                async with asyncio.TaskGroup() as tasks:
                    for _ in range(patience.concurrency):
                        tasks.create_task(self._work(todo, line, keep))
            except* (ConnectionError, PermissionError, ValueError) as group:
                failures = group.exceptions
        if failures:
            raise failures[0]

    async def _work(self, todo: Iterator[tuple[int, Query]], line: "_Line", keep: Keep) -> None:
        """Ask about queries one after the other until none is left; several workers share ``todo``."""
        for index, query in todo:
            keep(index, await self._complete(query, line))

    async def _complete(self, query: Query, line: "_Line") -> Completion:
        where = f"{self._where}: sample {query.id}" if query.id else self._where
        call = make_call(query, self._server, max_new_tokens=self._max_new_tokens)
        try:
            reply = await call.send(line.client)
        except openai.APIStatusError as error:
            if error.code in REFUSALS:
                return Completion("", "refused")
            raise self._explain(error, where, line) from None
        except openai.APIConnectionError as error:
            raise ConnectionError(f"{where}: no answer ({type(error).__name__}); {_GO_ON}") from None
        except json.JSONDecodeError:
            raise ConnectionError(f"{where}: the answer is not JSON; is the url the base of an API? {_GO_ON}") from None
        return read_reply(reply, query, redact=line.redact, where=where)

    def _explain(self, error: openai.APIStatusError, where: str, line: "_Line") -> Exception:
        """Return the exception for a status that remained after all tries, with the server's words but for the key."""
        said = f"{where}: status {error.status_code}: {line.redact(error.message)[:300]}"
        if error.status_code in (401, 403):
            return PermissionError(f"{said}; check the key in the variable {self._server.key_variable}")
        if error.status_code in (408, 409, 429) or error.status_code >= 500:
            return ConnectionError(f"{said}; {_GO_ON}")
        return ValueError(f"{said}; check url, model and request")

    def _read_key(self) -> str | None:
        variable = self._server.key_variable
        if variable is None:
            return None
        key = os.environ.get(variable)
        if not key:
            raise PermissionError(
                f"{self._where}: no key in the environment variable {variable}; set it, or key_variable: null for a "
                "server that asks for none"
            )
        return key


@dataclass(frozen=True, slots=True)
class _Line:
    """An open line to the server."""

    client: openai.AsyncOpenAI
    key: str | None

    def redact(self, text: str) -> str:
        """Return ``text`` without the key."""
        return text.replace(self.key, "[key]") if self.key else text
