"""Errors in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`, whatever went wrong."""

import logging
import traceback
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_LOG = logging.getLogger("proguard.serve")

_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
_ROUTER_CODES = {404: "not_found", 405: "method_not_allowed"}


@dataclass
class ApiError(Exception):
    """A request that gets no outcome. The message names the limit or the key and never repeats content."""

    status: int
    code: str
    message: str
    param: str | None = None
    retry_after: float | None = None
    """Seconds after which to try again."""

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"


def error_response(error: ApiError) -> Response:
    """Return the response that says what went wrong."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "server_error")
    body = {"message": error.message, "type": kind, "param": error.param, "code": error.code}
    headers = {} if error.retry_after is None else {"Retry-After": str(max(1, round(error.retry_after)))}
    return JSONResponse({"error": body}, error.status, headers)


def to_api_error(error: Exception) -> ApiError:
    """Return the error to answer with. Of an unexpected one only type and place are logged, and nothing is said."""
    if isinstance(error, ApiError):
        return error
    frame = traceback.extract_tb(error.__traceback__)[-1]
    _LOG.error("%s at %s:%s", type(error).__name__, frame.filename, frame.lineno)
    return ApiError(500, "internal_error", "the server failed, and made no outcome")


async def on_router_error(_: Request, error: Exception) -> Response:
    """Answer with what the router refuses: an unknown path or method."""
    status, detail = getattr(error, "status_code", 500), getattr(error, "detail", "")
    return error_response(ApiError(status, _ROUTER_CODES.get(status, "http_error"), detail))
