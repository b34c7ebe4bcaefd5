"""Downloads: a file appears under its name only when it is complete and has the expected hash."""

import hashlib
import logging
from pathlib import Path

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from proguard.errors import first_line
from proguard.fetch.verify import verify_file
from proguard.storage.files import atomic_file

log = logging.getLogger(__name__)

ATTEMPTS = 5
TIMEOUT_SECONDS = 60.0
MAX_WAIT_SECONDS = 30.0

_CHUNK_BYTES = 2**20


def download_file(
    url: str,
    path: Path,
    *,
    sha256: str | None,
    what: str | None = None,
    setting: str | None = None,
    first_wait_seconds: float = 1.0,
) -> None:
    """Write what ``url`` serves to ``path``; a cut connection, a timeout, a 429 and a 5xx are tried again.

    Args:
        url: Address; redirects are followed.
        path: File that is made or replaced, its folders too.
        sha256: Expected hash; ``None`` when it isn't known.
        what: Entry and file, for messages; ``None`` takes the address.
        setting: Key of the setting that accepts a file with another hash, for messages; ``None`` when there is none.
        first_wait_seconds: Wait before the second attempt; it doubles after each, up to `MAX_WAIT_SECONDS`.

    Raises:
        ConnectionError: When `ATTEMPTS` attempts failed, or the answer is another 4xx.
        ValueError: When the hash differs, or what came is not data; nothing is written.
    """
    attempts = Retrying(
        retry=retry_if_exception(_is_passing),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(multiplier=first_wait_seconds, max=MAX_WAIT_SECONDS),
        before_sleep=_log_fault,
        reraise=True,
    )
    with atomic_file(path) as temporary:
        try:
            found = attempts(_stream, url, temporary)
        except httpx.HTTPError as error:
            raise ConnectionError(
                f"{url}: {first_line(error)}; check the network, or read a mirror (collect.mirror, PROGUARD_MIRROR)"
            ) from error
        verify_file(what or url, temporary, expected=sha256, found=found, setting=setting)


def _error_of(state: RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome else None
    return error or ConnectionError("no answer")


def _log_fault(state: RetryCallState) -> None:
    log.warning("%s; trying again", first_line(_error_of(state)))


def _is_passing(error: BaseException) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code == 429 or error.response.status_code >= 500
    return isinstance(error, httpx.TransportError)


def _stream(url: str, path: Path) -> str:
    digest = hashlib.sha256()
    with (
        httpx.stream("GET", url, follow_redirects=True, timeout=TIMEOUT_SECONDS) as response,
        path.open("wb") as file,
    ):
        response.raise_for_status()
        for chunk in response.iter_bytes(_CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()
