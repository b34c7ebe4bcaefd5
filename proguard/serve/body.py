"""Bodies: read within limits of bytes, time and values, and parsed as JSON."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import ClientDisconnect, Request

from proguard.serve.errors import ApiError
from proguard.serve.limits import ServeLimits
from proguard.strict_json import parse_json as read_strictly


class Bodies:
    """All bodies in memory, bounded together."""

    def __init__(self, limits: ServeLimits) -> None:
        self._limits = limits
        self._bytes = 0

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """Yield the body of a request; its bytes count until the block ends.

        Raises:
            ApiError: When it is too large, comes too slowly, or all bodies together are too large.
        """
        taken = 0
        try:
            chunks = []
            async with asyncio.timeout(self._limits.request_seconds):
                async for chunk in request.stream():
                    taken += len(chunk)
                    self._bytes += len(chunk)
                    self._check(taken)
                    chunks.append(chunk)
            yield b"".join(chunks)
        except TimeoutError:
            raise ApiError(408, "body_too_slow", "the body took too long to arrive") from None
        except ClientDisconnect:
            raise ApiError(400, "disconnected", "the client went away") from None
        finally:
            self._bytes -= taken

    def _check(self, taken: int) -> None:
        if taken > self._limits.body_bytes:
            raise ApiError(413, "body_too_large", f"the body has more than {self._limits.body_bytes} bytes")
        if self._bytes > self._limits.bodies_bytes:
            raise ApiError(429, "overloaded", "too many large requests at a time", retry_after=1)


def parse_json(body: bytes, *, max_values: int) -> dict[str, Any]:
    """Return the JSON object of a body.

    Raises:
        ApiError: When it is none, or has more than ``max_values`` values.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") > max_values:
        raise ApiError(400, "body_too_complex", f"the body has more than {max_values} values")
    try:
        content = read_strictly(body)
    except (ValueError, RecursionError):
        raise ApiError(400, "invalid_json", "the body is not JSON, or gives a key twice") from None
    if not isinstance(content, dict):
        raise ApiError(400, "invalid_json", "the body is not a JSON object")
    return content
