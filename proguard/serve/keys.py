"""API keys: by ``Authorization: Bearer`` or ``x-api-key``, compared in constant time."""

import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request

from proguard.serve.errors import ApiError

VARIABLE = "PROGUARD_API_KEYS"
"""Environment variable with keys, separated by commas."""

MIN_CHARS = 16


class Keys:
    """The keys that open the server; without any, it is open."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Keep digests of the keys.

        Raises:
            ValueError: When a key is shorter than `MIN_CHARS`, or has characters that clients write into a header in
                different ways.
        """
        if any(len(key) < MIN_CHARS for key in keys):
            raise ValueError(f"API keys: expected {MIN_CHARS} characters or more in each")
        if not all(key.isascii() and key.isprintable() for key in keys):
            raise ValueError("API keys: expected printable ASCII characters in each")
        self._digests = [_digest(key) for key in keys]

    def __bool__(self) -> bool:
        return bool(self._digests)

    def check(self, request: Request) -> None:
        """Raise `ApiError` unless the request holds one of the keys; all of them are compared, whichever fits."""
        if not self._digests:
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
        digest = _digest(given)
        if sum(hmac.compare_digest(digest, known) for known in self._digests) == 0:
            raise ApiError(401, "invalid_api_key", "no valid API key: send Authorization: Bearer KEY or x-api-key: KEY")


def read_keys(file: Path | None) -> Keys:
    """Return the keys of the environment and of a file with one key a line.

    Raises:
        ValueError: When the file cannot be read or a key is not usable.
    """
    keys = os.environ.get(VARIABLE, "").split(",")
    if file is not None:
        try:
            keys += file.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"--keys {file}: {error}") from error
    return Keys([key.strip() for key in keys if key.strip()])


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
