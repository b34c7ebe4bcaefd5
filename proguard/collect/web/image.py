"""One image behind an address: redirects followed by hand, so that each is checked, and passing faults tried again."""

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from proguard.collect.web.address import Address, open_pinned, parse_address, resolve

MAX_REDIRECTS = 5
MAX_WAIT_SECONDS = 30.0

_BACKOFF = wait_exponential(multiplier=0.5, max=MAX_WAIT_SECONDS)

SILENT = "no answer"
"""Detail of a dead link whose host did not answer; what the system says about it differs between machines."""

HUB = "huggingface.co"

# An encoding could make a few bytes any number of them; images gain nothing by it.
HEADERS = {"User-Agent": "proguard (collects a data set)", "Accept": "image/*,*/*;q=0.5", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an address gives no image."""

    reason: Literal["dead link", "unsafe address", "huge image"]
    detail: str
    """The same on every machine."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an image may cost."""

    max_bytes: int
    timeout_seconds: float
    """For a whole image; each redirect before it may wait as long for a connection and for an answer."""

    attempts: int


class _PassingFault(ConnectionError):
    """A fault that may be gone a moment later; ``wait_seconds`` is what the server asked for."""

    def __init__(self, detail: str, wait_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.wait_seconds = wait_seconds


def ask_image(
    url: str, *, client: httpx.Client, limits: Limits, token: str | None, is_allowed: Callable[[Address], bool]
) -> bytes | Fault:
    """Return what ``url`` gives; no answer, a 408, a 429 and a 5xx are tried again, after the wait that is asked for.

    Args:
        url: Address out of a data set.
        client: As `proguard.collect.web.address.open_pinned` wants it.
        token: Token of the hub; sent to it alone.
        is_allowed: Says which addresses may be connected to.

    Raises:
        PermissionError: When the hub wants a token or its terms accepted.
    """
    tries = Retrying(
        retry=retry_if_exception_type(_PassingFault),
        stop=stop_after_attempt(limits.attempts),
        wait=_wait_seconds,
        reraise=True,
    )
    try:
        return tries(_follow, url, client=client, limits=limits, token=token, is_allowed=is_allowed)
    except _PassingFault as fault:
        return Fault("dead link", str(fault))


def hub_headers(url: httpx.URL, token: str | None) -> dict[str, str]:
    """Return the header with the hub's token when ``url`` is the hub's, over https and its own port; else none."""
    is_hub = url.scheme == "https" and url.host == HUB and url.port is None
    return {"Authorization": f"Bearer {token}"} if token and is_hub else {}


def check_gate(url: httpx.URL, *, status: int, headers: Mapping[str, str], token: str | None) -> None:
    """Do nothing unless the hub refuses what a person can have opened.

    Raises:
        PermissionError: When it does: it names a gate, or no token was sent.
    """
    if url.host != HUB or status not in (401, 403):
        return
    if token is None or headers.get("X-Error-Code") == "GatedRepo":
        raise PermissionError(
            f"{url}: the hub refuses it ({status}); accept the terms on the page of its repository and set HF_TOKEN"
        )


def _follow(
    url: str, *, client: httpx.Client, limits: Limits, token: str | None, is_allowed: Callable[[Address], bool]
) -> bytes | Fault:
    deadline = time.monotonic() + limits.timeout_seconds
    where, hop = url, ""
    for _ in range(1 + MAX_REDIRECTS):
        try:
            target = parse_address(where)
            addresses = _resolve(target, is_allowed)
        except ValueError as error:
            return Fault("unsafe address", f"{hop}{error}")
        if not addresses:
            return Fault("dead link", SILENT)
        try:
            headers = HEADERS | hub_headers(target, token)
            with closing(open_pinned(client, target, addresses=addresses, headers=headers)) as response:
                if not response.has_redirect_location:
                    check_gate(target, status=response.status_code, headers=response.headers, token=token)
                    return _read(response, max_bytes=limits.max_bytes, deadline=deadline)
                where, hop = str(target.join(response.headers["Location"])), "redirect: "
        except httpx.TransportError:
            raise _PassingFault(SILENT) from None
    return Fault("dead link", f"more than {MAX_REDIRECTS} redirects")


def _resolve(url: httpx.URL, is_allowed: Callable[[Address], bool]) -> list[Address]:
    """Return the addresses of the host, none when its name is not known."""
    try:
        return resolve(url, is_allowed=is_allowed)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise _PassingFault(SILENT) from None
        return []


def _read(response: httpx.Response, *, max_bytes: int, deadline: float) -> bytes | Fault:
    status = response.status_code
    if status in (408, 429) or status >= 500:
        raise _PassingFault(f"HTTP {status}", _retry_after(response.headers.get("Retry-After")))
    if status != 200:
        return Fault("dead link", f"HTTP {status}")
    content = bytearray()
    for chunk in response.iter_raw():
        content += chunk
        if len(content) > max_bytes:
            return Fault("huge image", f"more than {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise _PassingFault(SILENT)
    return bytes(content)


def _retry_after(value: str | None) -> float | None:
    """Return the seconds of a ``Retry-After`` header, a number or a date; ``None`` when it is neither."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _wait_seconds(state: RetryCallState) -> float:
    asked = getattr(state.outcome and state.outcome.exception(), "wait_seconds", None)
    return _BACKOFF(state) if asked is None else min(asked, MAX_WAIT_SECONDS)
