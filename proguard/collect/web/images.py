"""Images that a data set names by address: asked once, kept in a cache, and absent for a reason when they are gone.

Addresses out of a data set are not trusted: see `proguard.collect.web.address`. No proxy is used, since it would look
names up itself. What an address gave is kept; what gave nothing is asked again by the next run, unless that is offline.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx
from huggingface_hub import get_token
from tqdm import tqdm

from proguard.collect.web.address import Address, is_public
from proguard.collect.web.image import SILENT, Fault, Limits, ask_image
from proguard.storage.files import atomic_file

log = logging.getLogger(__name__)

MAX_SILENT = 20
"""Addresses that may give no answer before one does: more mean that this machine has no network."""

_HASH_BYTES = 32


@dataclass(frozen=True)
class WebImages:
    """Images behind addresses, and the faults that this run has met."""

    cache: Path
    """Folder of downloads; images are kept in its folder ``web``."""

    offline: bool
    """Whether to give what the last run that asked was given, and ask nobody."""

    max_bytes: int
    """Largest image, in bytes."""

    timeout_seconds: float
    """Longest time for an image, and for each redirect before it."""

    concurrency: int
    """Images asked for at a time."""

    attempts: int
    """Attempts for one image, at least 1."""

    _faults: dict[str, Fault] = field(default_factory=dict, init=False, repr=False, compare=False)

    def fetch(
        self, urls: Sequence[str], *, is_allowed: Callable[[Address], bool] = is_public
    ) -> Iterator[bytes | Fault]:
        """Yield the image of each of ``urls``, in their order, or why there is none.

        All are asked for before the first is given; an address is asked once a run. Memory holds one image at a time
        and those that are on their way.

        Args:
            urls: Addresses as the data set spells them.
            is_allowed: Says which addresses of hosts may be connected to.

        Raises:
            FileNotFoundError: Offline, when the cache lacks an address.
            ConnectionError: When the first `MAX_SILENT` that are asked give no answer.
            PermissionError: When the hub wants a token or its terms accepted.
        """
        known = self._faults.keys()
        missing = [url for url in dict.fromkeys(urls) if url not in known and read_image(self.cache, url) is None]
        if self.offline:
            self._faults.update(_recall(self.cache, missing))
        elif missing:
            self._ask(missing, is_allowed)
        for url in urls:
            yield self._faults[url] if url in self._faults else _image_of(self.cache, url)

    def _ask(self, urls: Sequence[str], is_allowed: Callable[[Address], bool]) -> None:
        # Cookies of one host would otherwise reach another one at the same address.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        limits = Limits(self.max_bytes, self.timeout_seconds, self.attempts)
        with (
            httpx.Client(
                verify=httpx.create_ssl_context(),
                trust_env=False,
                timeout=self.timeout_seconds,
                limits=httpx.Limits(max_keepalive_connections=0),
                cookies=no_cookies,
            ) as client,
            ThreadPoolExecutor(self.concurrency) as pool,
        ):
            ask = partial(ask_image, client=client, limits=limits, token=get_token(), is_allowed=is_allowed)
            outcomes = pool.map(partial(_keep, cache=self.cache, ask=ask), urls)
            try:
                self._note(tqdm(zip(urls, outcomes, strict=True), desc="web images", total=len(urls), unit="image"))
            finally:
                pool.shutdown(cancel_futures=True)

    def _note(self, outcomes: Iterator[tuple[str, Fault | None]]) -> None:
        n_silent = 0
        is_answered = False
        for url, fault in outcomes:
            is_silent = fault is not None and fault.detail == SILENT
            n_silent += is_silent
            is_answered |= fault is None or not (is_silent or fault.reason == "unsafe address")
            if not is_answered and n_silent == MAX_SILENT:
                raise ConnectionError(
                    f"{url}: no answer, as from the {MAX_SILENT - 1} addresses before it; check the network (no proxy "
                    "is used for images), or read the cache: collect.offline true"
                )
            if fault is not None:
                self._faults[url] = fault


def read_image(cache: Path, url: str) -> bytes | None:
    """Return what the cache keeps of ``url``; ``None`` when that is nothing, or other bytes than were written."""
    path = _path(cache, url)
    if not path.is_file():
        return None
    stored = path.read_bytes()
    digest, content = stored[:_HASH_BYTES], stored[_HASH_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        log.warning("%s: %s has changed since it was written; it is left out", url, path)
        return None
    return content


def write_image(cache: Path, url: str, content: bytes) -> None:
    """Keep ``content`` as what ``url`` gave: its SHA-256 and then itself, in a file named after the address."""
    _write(_path(cache, url), hashlib.sha256(content).digest() + content)


def _keep(url: str, *, cache: Path, ask: Callable[[str], bytes | Fault]) -> Fault | None:
    found = ask(url)
    if isinstance(found, Fault):
        _write(_fault_path(cache, url), json.dumps(asdict(found)).encode())
        return found
    write_image(cache, url, found)
    _fault_path(cache, url).unlink(missing_ok=True)
    return None


def _recall(cache: Path, urls: Sequence[str]) -> dict[str, Fault]:
    unasked = [url for url in urls if not _fault_path(cache, url).is_file()]
    if unasked:
        raise FileNotFoundError(
            f"{cache}: {len(unasked)} images were never asked for, first {unasked[0]}; run once with "
            "collect.offline false"
        )
    return {url: Fault(**json.loads(_fault_path(cache, url).read_bytes())) for url in urls}


def _image_of(cache: Path, url: str) -> bytes:
    content = read_image(cache, url)
    if content is None:
        raise FileNotFoundError(f"{_path(cache, url)}: the image of {url} was here a moment ago; run again")
    return content


def _write(path: Path, content: bytes) -> None:
    with atomic_file(path) as temporary:
        temporary.write_bytes(content)


def _path(cache: Path, url: str) -> Path:
    name = hashlib.sha256(url.encode()).hexdigest()
    return cache / "web" / name[:2] / name


def _fault_path(cache: Path, url: str) -> Path:
    return _path(cache, url).with_suffix(".json")
