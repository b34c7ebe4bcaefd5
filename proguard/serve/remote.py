"""Images behind addresses that clients name: hosts of the public net only, each redirect checked."""

from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from proguard.collect.web.address import Address, is_public
from proguard.collect.web.image import Fault, Limits, ask_image
from proguard.serve.errors import ApiError
from proguard.serve.inputs import Fetch

SECONDS = 5.0
"""For a whole image."""


def make_fetch(*, max_bytes: int, is_allowed: Callable[[Address], bool] = is_public) -> Fetch:
    """Return a function that reads the image behind an address.

    Args:
        max_bytes: Most bytes of an image.
        is_allowed: Says which addresses may be connected to.
    """
    limits = Limits(max_bytes=max_bytes, timeout_seconds=SECONDS, attempts=1)

    def fetch(url: str) -> bytes:
        with httpx.Client(
            timeout=SECONDS,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        ) as client:
            found = ask_image(url, client=client, limits=limits, token=None, is_allowed=is_allowed)
        if isinstance(found, Fault):
            code = {"huge image": "image_too_large", "unsafe address": "image_url_not_allowed"}.get(found.reason)
            raise ApiError(400, code or "image_not_found", f"image_url: {found.reason}: {found.detail}", "input")
        return found

    return fetch
