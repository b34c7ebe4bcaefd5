"""Encoded images of every kind that a source may hold, and the odd ones of tests/cases."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CASES = Path(__file__).parent / "cases"


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


def encode(image: Image.Image, form: str, **options: Any) -> bytes:
    """Return ``image`` in a format, without loss where the format can."""
    lossless = {"WEBP": {"lossless": True, "exact": True}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}
    buffer = io.BytesIO()
    image.save(buffer, form, **lossless.get(form, {}), **options)
    return buffer.getvalue()


def picture(width: int = 24, height: int = 16) -> Image.Image:
    """A smooth picture without symmetry."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return Image.fromarray(np.stack([255 * x, 255 * y, 255 * x * y], axis=-1).astype(np.uint8))


def frames(form: str, n: int = 2) -> bytes:
    """Return ``n`` different frames in one file."""
    first, *others = [Image.new("RGB", (12, 8), (40 * i, 200, 10)) for i in range(n)]
    return encode(first, form, save_all=True, append_images=others)


def raw_png(size: tuple[int, int], *, bit_depth: int, colour_type: int, row: bytes, transparent: bytes) -> bytes:
    """Return a PNG with equal rows and a tRNS chunk, of depths that Pillow does not write."""
    width, height = size
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0),
        b"tRNS": transparent,
        b"IDAT": zlib.compress((b"\0" + row) * height),
        b"IEND": b"",
    }
    body = [struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in chunks.items()]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def naive(content: bytes) -> np.ndarray:
    """Return the pixels that a reader gets which knows nothing of EXIF, transparency and depth."""
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


def raw_tiff(width: int, *, bits: int, photometric: int, sample_format: int = 1, row: bytes) -> bytes:
    """Return a TIFF of one row and one channel, of kinds that Pillow does not write."""
    tags = {256: width, 257: 1, 258: bits, 259: 1, 262: photometric, 273: 0, 277: 1, 278: 1, 279: len(row)}
    tags |= {339: sample_format}
    start = 8 + 2 + 12 * len(tags) + 4
    entries = [struct.pack("<HHII", tag, 4, 1, start if tag == 273 else value) for tag, value in sorted(tags.items())]
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    return head + b"".join(entries) + struct.pack("<I", 0) + row
