"""The one way from an image's bytes to its pixels, for whatever looks at them: collect, engines, training, report.

Other readers, such as verl and a browser, decode for themselves. So collect stores bytes that give every reader the
same pixels: JPEG, PNG or WebP, upright, opaque, one frame.
"""

import hashlib
import io
import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from PIL import ExifTags, Image, ImageOps, JpegImagePlugin, TiffImagePlugin, UnidentifiedImageError

from proguard.storage.pixels import DEEP_MODES, to_rgb
from proguard.storage.stand_in import HEAD_BYTES, describe_stand_in

# The limit is ``max_pixels``. Filters belong to the process, so threads cannot set one for a while.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""Formats that are read. Pillow knows more, and opens some of them through other programs (EPS through Ghostscript)."""

STORED_FORMATS = ("JPEG", "MPO", "PNG", "WEBP")
"""Formats whose bytes are kept: browsers and model servers read them. MPO is a camera's JPEG that carries further views
behind the picture, which no reader here looks at."""

MAX_SIDE_RATIO = 200
"""Longer side by shorter side. Source: ``smart_resize`` of Qwen2-VL in transformers, which raises above it."""

MODEL_PIXELS = 4_000_000
"""Most pixels that an engine hands to a model's processor. Models look at fewer, and to resize 16 million takes seconds
and hundreds of megabytes."""

_MEANT: Final[Mapping[tuple[object, ...], type]] = {("L", (8,), (2,)): np.int8, ("I", (32,), (1,)): np.uint32}
"""Grey TIFF by mode, bits and sample format that Pillow reads with the wrong sign, and what its values are."""

ImageReason = Literal["undecodable image", "huge image", "narrow image", "animated image"]


class ImageError(ValueError):
    """An image that is refused; ``reason`` and ``detail`` are the same on every machine."""

    def __init__(self, reason: ImageReason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


@dataclass(frozen=True, slots=True)
class NormalImage:
    """An image whose bytes give every reader the same pixels."""

    sha256: str
    """Hash of the bytes that the source gave, which samples refer to it by."""

    content: bytes
    """Those bytes where every reader agrees on them, otherwise the pixels as PNG."""


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """An image as the guard sees it."""

    source: bytes

    pixels: Image.Image
    """8-bit RGB: upright, on white where it was transparent; fewer and grey where `decode_image` was told so."""

    is_plain: bool
    """Whether every reader gets these pixels from ``source``."""

    size: tuple[int, int]
    """Width and height of the image in ``source``, upright."""

    def for_model(self) -> Image.Image:
        """Return the pixels, averaged over blocks of a whole number a side to `MODEL_PIXELS` or fewer."""
        width, height = self.pixels.size
        factor = math.ceil(math.sqrt(width * height / MODEL_PIXELS))
        return self.pixels if factor <= 1 else self.pixels.reduce(factor)

    def for_engine(self) -> NormalImage:
        """Return the image in a form that gives an engine the pixels of `for_model`, at little cost."""
        content = self.source if self.is_plain else _as_png(self.for_model(), compress_level=1)
        return NormalImage(hashlib.sha256(self.source).hexdigest(), content)

    def normal(self) -> NormalImage:
        """Return the image in the form that is stored; equal sources give equal bytes."""
        content = self.source if self.is_plain else _as_png(self.pixels)
        return NormalImage(hashlib.sha256(self.source).hexdigest(), content)


def decode_image(content: bytes, *, max_pixels: int | None = None, look_side: int | None = None) -> DecodedImage:
    """Return the image in ``content``, decoded to its last byte; safe to call in threads.

    Args:
        content: A file of one of `FORMATS`.
        max_pixels: Most pixels, at least 1; ``None`` for an image that was checked before. The size is read before
            pixels are, so that a decompression bomb costs nothing.
        look_side: For who asks only how an image looks: a JPEG that is stored as it is may give grey pixels of 1/2, 1/4
            or 1/8 of its size, no side shorter than this. All of its bytes are still read, in half to two thirds of
            the time.

    Raises:
        ImageError: When it does not decode, has more than ``max_pixels``, a side ratio above `MAX_SIDE_RATIO` or
            several frames.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check(image, max_pixels)
            shrunk_from = None if look_side is None else _shrink(image, look_side)
            image.load()
            is_plain = _is_plain(image)
            if image.format == "PNG":
                _scale_transparent_value(image, bit_depth=content[24])
            ImageOps.exif_transpose(image, in_place=True)
            pixels = _to_rgb(image)
            return DecodedImage(content, pixels, is_plain, shrunk_from or pixels.size)
    except ImageError:
        raise
    except UnidentifiedImageError:
        found = describe_stand_in(content[:HEAD_BYTES]) or "no such header"
        raise ImageError("undecodable image", f"expected {', '.join(FORMATS)}, found {found}") from None
    except Image.DecompressionBombError as error:
        raise ImageError("huge image", _describe(error)) from None
    except Exception as error:
        # Decoders raise whatever they like: RuntimeError, OverflowError, struct.error, SystemError.
        raise ImageError("undecodable image", _describe(error)) from error


def _check(image: Image.Image, max_pixels: int | None) -> None:
    width, height = image.size
    if max_pixels is not None and width * height > max_pixels:
        raise ImageError("huge image", f"{width} x {height} pixels, more than {max_pixels}")
    if max(width, height) > MAX_SIDE_RATIO * min(width, height):
        raise ImageError("narrow image", f"{width} x {height} pixels, a side ratio above {MAX_SIDE_RATIO}")
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise ImageError("animated image", f"{image.format} of several frames, expected one")


def _shrink(image: Image.Image, side: int) -> tuple[int, int] | None:
    """Have the decoder of a plain JPEG give grey pixels, as few as ``side`` allows; return its size if it will."""
    size = image.size
    drafted = isinstance(image, JpegImagePlugin.JpegImageFile) and _is_plain(image) and image.draft("L", (side, side))
    return size if drafted else None


def _is_plain(image: Image.Image) -> bool:
    is_upright = image.getexif().get(ExifTags.Base.Orientation, 1) not in range(2, 9)
    is_opaque = image.mode in ("RGB", "L") and not image.has_transparency_data
    return image.format in STORED_FORMATS and is_upright and is_opaque


def _to_rgb(image: Image.Image) -> Image.Image:
    """Return RGB, grey of a TIFF as it is meant: of 12 bits, where 0 is white, of either sign. Pillow heeds none of it.

    Source: TIFF 6.0, BitsPerSample, PhotometricInterpretation and SampleFormat.
    """
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return to_rgb(image)
    tags, mode = image.tag_v2, image.mode
    bits = tags.get(TiffImagePlugin.BITSPERSAMPLE)
    if kind := _MEANT.get((mode, bits, tags.get(TiffImagePlugin.SAMPLEFORMAT, (1,)))):
        image = Image.fromarray(np.asarray(image).view(kind).astype(np.float32))
    pixels = to_rgb(image, deep_white=4095 if bits == (12,) else 65535)
    is_inverted = mode in DEEP_MODES and tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0
    return ImageOps.invert(pixels) if is_inverted else pixels


def _scale_transparent_value(image: Image.Image, *, bit_depth: int) -> None:
    """Scale the transparent value of a PNG as Pillow has scaled its pixels to 8 bits.

    Source: PNG specification, 11.3.2.1 (tRNS): the value has the bit depth of the file.
    """
    value = image.info.get("transparency")
    if image.mode == "L" and value is not None:
        image.info["transparency"] = value * 255 // (2**bit_depth - 1)
    if image.mode == "RGB" and value is not None and bit_depth == 16:
        image.info["transparency"] = tuple(channel >> 8 for channel in value)


def _as_png(pixels: Image.Image, *, compress_level: int = 6) -> bytes:
    buffer = io.BytesIO()
    pixels.save(buffer, "PNG", compress_level=compress_level)
    return buffer.getvalue()


def _describe(error: Exception) -> str:
    """Return the first line of an error's message, without the memory addresses that Pillow puts into some."""
    message = re.sub(r"<[^>]* at 0x[0-9a-f]+>|0x[0-9a-f]+", "...", str(error).partition("\n")[0])
    return message[:200] or type(error).__name__
