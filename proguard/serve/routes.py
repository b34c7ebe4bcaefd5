"""Routes that judge: what they share, from the key to the log line, and OpenAI's moderation API."""

import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from proguard.moderate.outcome import Outcome
from proguard.serve.batcher import Pair
from proguard.serve.body import parse_json
from proguard.serve.errors import ApiError, error_response, to_api_error
from proguard.serve.openai_names import MODEL_ALIASES
from proguard.serve.policies import find_policy
from proguard.serve.results import make_result
from proguard.serve.service import Loaded, Service

_LOG = logging.getLogger("proguard.serve")

INLINE_BYTES = 16 * 2**10
"""Bodies up to this size are read at once, unless they may have images: a few kilobytes may hold 12 megapixels. The
others are read in a thread."""

_IMAGE_MARKS = (b"image", b"\\u", b"\0")
"""What a body with images has: their key, or a letter of it escaped or in an encoding of two bytes or more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, and how its outcomes are worded."""

    pairs: Sequence[Pair]
    answer: Callable[[Sequence[Outcome], str], dict[str, Any]]
    """Returns the body of the response, from the outcomes and the request's id."""


Read = Callable[[dict[str, Any], Loaded], Asked]
"""Reads a request's JSON; raises `ApiError` when it is of another form."""


def judging_route(path: str, service: Service, read: Read) -> Route:
    """Return a route whose requests are read by ``read``, judged and answered."""

    async def judge(request: Request) -> tuple[Response, Sequence[Outcome]]:
        service.keys.check(request)
        loaded = service.loaded
        loaded.batcher.check_room()
        async with service.bodies.read(request) as body:
            asked = await _in_thread_if_slow(body, service, lambda: read(_parse(body, service), loaded))
            outcomes = await service.judge(asked.pairs)
        return JSONResponse(asked.answer(outcomes, request.state.id)), outcomes

    async def endpoint(request: Request) -> Response:
        return await _observed(path, service, request, judge)

    return Route(path, endpoint, methods=["POST"])


def _parse(body: bytes, service: Service) -> dict[str, Any]:
    return parse_json(body, max_values=service.limits.json_values)


async def _in_thread_if_slow(body: bytes, service: Service, work: Callable[[], Asked]) -> Asked:
    if len(body) <= INLINE_BYTES and not any(mark in body for mark in _IMAGE_MARKS):
        return work()
    return await anyio.to_thread.run_sync(work, limiter=service.parsers)


async def _observed(
    route: str,
    service: Service,
    request: Request,
    judge: Callable[[Request], Awaitable[tuple[Response, Sequence[Outcome]]]],
) -> Response:
    """Return the response to a request, whatever happens; count it, and log it without its content."""
    start = time.perf_counter()
    request.state.id = f"modr-{uuid.uuid4().hex}"
    code: str | None = None
    outcomes: Sequence[Outcome] = []
    try:
        response, outcomes = await judge(request)
    except Exception as error:
        # The outermost boundary: any failure is an error in OpenAI's shape.
        known = to_api_error(error)
        code, response = known.code, error_response(known)
    response.headers["x-request-id"] = request.state.id
    seconds = time.perf_counter() - start
    service.metrics.on_request(route, response.status_code, seconds, code)
    _LOG.info(
        "%s %s %s %.3fs flagged %d of %d%s",
        request.state.id,
        route,
        response.status_code,
        seconds,
        sum(outcome.flagged for outcome in outcomes),
        len(outcomes),
        f" {code}" if code else "",
    )
    return response


def read_moderation(content: dict[str, Any], loaded: Loaded) -> Asked:
    """Read a request of OpenAI's moderation API, with our keys ``policy``, ``response`` and ``explain``."""
    _check_keys(content, {"input", "model", "policy", "response", "explain"})
    _check_model(content.get("model"), loaded.identity.guard)
    explain = content.get("explain", False)
    if not isinstance(explain, bool):
        raise ApiError(400, "invalid_type", "explain: expected true or false", "explain")
    policy = find_policy(loaded.policies, content.get("policy"))
    items = loaded.reader.items(content.get("input"), response=content.get("response"))

    def answer(outcomes: Sequence[Outcome], id_: str) -> dict[str, Any]:
        results = [make_result(outcome, policy, loaded.identity, explain=explain) for outcome in outcomes]
        return {"id": id_, "model": loaded.identity.guard, "results": results}

    return Asked([(item, policy) for item in items], answer)


def _check_keys(content: dict[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(content) - known):
        name = unknown[0][:40].encode("ascii", "replace").decode()
        raise ApiError(400, "unknown_parameter", f"expected {', '.join(sorted(known))}", name)


def _check_model(model: Any, name: str) -> None:
    if model is not None and not (isinstance(model, str) and (model == name or model in MODEL_ALIASES)):
        raise ApiError(
            404, "model_not_found", f"model: expected {name} or a name of OpenAI's moderation models", "model"
        )
