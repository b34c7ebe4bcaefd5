"""Pictures that take the place of others: plain ones, and the originals under noise."""

import hashlib
import io

import numpy as np
from PIL import Image

from proguard.storage.image import decode_image

NOISE = 48
"""Most that a channel of a pixel is moved, of 255: a person still sees what the picture shows."""


def blank(content: bytes) -> bytes:
    """Return a white PNG of the size of the image in ``content``."""
    return _png(Image.new("RGB", decode_image(content).pixels.size, (255, 255, 255)))


def add_noise(content: bytes) -> bytes:
    """Return the image in ``content`` with every channel of every pixel moved by up to `NOISE`, as PNG.

    The draw is seeded by the content, so that it depends on nothing else.
    """
    pixels = np.asarray(decode_image(content).pixels, dtype=np.int16)
    rng = np.random.default_rng(int(hashlib.sha256(content).hexdigest()[:16], 16))
    moved = pixels + rng.integers(-NOISE, NOISE + 1, size=pixels.shape, dtype=np.int16)
    return _png(Image.fromarray(moved.clip(0, 255).astype(np.uint8)))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
