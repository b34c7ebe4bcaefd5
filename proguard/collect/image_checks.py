"""Images of items, decoded in threads and given back in the order of the items, a window of them in memory."""

import sys
from collections import deque
from collections.abc import Container, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from proguard.collect.image_shards import CheckedImage, check_image
from proguard.collect.item import Found, Item, Rejected
from proguard.storage.image import ImageError

SWITCH_SECONDS = 0.0005
"""How long a thread that reads rows keeps Python's lock while one that decodes waits for it. Python's own 5 ms is
longer than to decode an image, and left a third of two cores idle."""

WINDOW_ITEMS = 256
WINDOW_BYTES = 256 * 2**20
"""Items under way at a time, and bytes of their images; with the decoded images of the workers, what memory holds."""


def check_images(
    items: Iterable[Item], *, known: Container[str], max_pixels: int, workers: int
) -> Iterator[tuple[Item, CheckedImage | None]]:
    """Yield each item, in order, with its image when that isn't known; one with a bad image as a rejected row.

    Args:
        items: What a source yields.
        known: SHA-256 of images that need no check; what the caller adds to it meanwhile counts soon after.
        max_pixels: Largest image that is decoded.
        workers: Threads that decode.

    Raises:
        ValueError: When a sample names another image than it came with, which is an error of its source.
    """
    window: deque[tuple[Item, Future[CheckedImage | ImageError] | None]] = deque()
    n_bytes = 0
    with _short_turns(), ThreadPoolExecutor(workers) as pool:
        for item in items:
            check = None
            if isinstance(item, Found) and item.image and item.sample.image not in known:
                check = pool.submit(_check, item.image, max_pixels)
            window.append((item, check))
            n_bytes += _size(item)
            while len(window) >= WINDOW_ITEMS or n_bytes > WINDOW_BYTES:
                n_bytes -= _size(window[0][0])
                yield _settle(*window.popleft())
        while window:
            yield _settle(*window.popleft())


@contextmanager
def _short_turns() -> Iterator[None]:
    """Let threads take turns every `SWITCH_SECONDS`; the setting is the process's."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _check(content: bytes, max_pixels: int) -> CheckedImage | ImageError:
    try:
        return check_image(content, max_pixels)
    except ImageError as error:
        return error


def _settle(item: Item, check: Future[CheckedImage | ImageError] | None) -> tuple[Item, CheckedImage | None]:
    if not isinstance(item, Found) or item.image is None is item.sample.image:
        return item, None
    if not item.image:
        return Rejected(item.file, item.row, "empty image"), None
    checked = None if check is None else check.result()
    if isinstance(checked, ImageError):
        return Rejected(item.file, item.row, checked.reason, checked.detail), None
    if checked is not None and checked.sha256 != item.sample.image:
        raise ValueError(
            f"{item.sample.source}: {item.file} row {item.row}: the sample names image "
            f"{item.sample.image}, it came with {checked.sha256}"
        )
    return item, checked


def _size(item: Item) -> int:
    return len(item.image or b"") if isinstance(item, Found) else 0
