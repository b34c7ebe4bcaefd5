"""Requests that try to cost much, to crash the server, or to be let through."""

import io
import json

from PIL import Image

from benchmarks.serve.traffic import image_part
from tests.serve.test_hostile import IMAGES, TEXTS

MB = 10**6
LONG = "word " * 30_000


def costly_bodies() -> dict[str, bytes]:
    """Return requests that are dear to read or to judge, by what they are."""
    flat, noise = Image.new("L", (4080, 3060)), Image.effect_noise((4080, 3060), 90)
    return {
        "12 megapixels in a small PNG": _picture(flat, "PNG"),
        "12 megapixels, transparent": _picture(flat.convert("RGBA"), "PNG"),
        "12 megapixels, transparent, as WebP": _picture(flat.convert("RGBA"), "WEBP"),
        "12 megapixels of 16 bits": _picture(flat.convert("I;16"), "PNG"),
        "12 megapixels of noise as JPEG": _picture(noise, "JPEG"),
        "100 megapixels in a small PNG": _picture(Image.new("1", (10_000, 10_000)), "PNG"),
        "four images of 12 megapixels": _body([image_part(_encode(flat, "PNG"))] * 4),
        "150,000 characters": _body(LONG),
        "64 texts of the longest length": _body([LONG[:2560]] * 64),
        "a body of 15 MB": _body("x" * 15 * MB),
        "a body above the limit": _body("x" * 20 * MB),
        "a million small values": b'{"input":[' + b"[]," * 1_000_000 + b"[]]}",
        "nested 100,000 deep": b'{"input":' + b"[" * 100_000,
        "an internal address": _url("http://169.254.169.254/latest"),
        "a file's address": _url("file:///etc/passwd"),
    }


def odd_bodies() -> dict[str, bytes]:
    """Return the hostile images and texts of the test suite, each as a request."""
    pictures = {f"image: {name}": _body([image_part(content)]) for name, content in IMAGES.items()}
    return pictures | {f"text {i}": _body(text) for i, text in enumerate(TEXTS, 1)}


def _body(content: object) -> bytes:
    return json.dumps({"input": content}).encode()


def _url(url: str) -> bytes:
    return _body([{"type": "image_url", "image_url": {"url": url}}])


def _picture(image: Image.Image, kind: str) -> bytes:
    return _body([image_part(_encode(image, kind))])


def _encode(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()
