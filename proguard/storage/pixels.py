"""Pixels of any mode as 8-bit RGB: deep values scaled to 8 bits, transparency on white."""

import numpy as np
from PIL import Image

DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
"""Pillow's modes of one channel with more than 8 bits."""


def to_rgb(image: Image.Image, *, deep_white: int = 65535) -> Image.Image:
    """Return ``image`` as RGB, without metadata.

    Grey of 16 bits is scaled from 0..``deep_white`` to 0..255. Grey of 32 bits has no declared range: values within
    0..255, and floats within 0..1, keep that range; any others are stretched from the least to the greatest one of the
    image.

    Args:
        deep_white: Value of white in grey of 16 bits; less than 65535 where a file's values have fewer bits.

    Raises:
        ValueError: When a pixel is not a number, or Pillow can't convert the mode.
    """
    if image.mode in DEEP_MODES:
        rgb = _scale_grey(image, deep_white).convert("RGB")
    elif image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        rgb = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    else:
        rgb = image.convert("RGB")
    rgb.info.clear()
    return rgb


def _scale_grey(image: Image.Image, deep_white: int) -> Image.Image:
    """Return a deep grey image as 8-bit grey, its transparent value as white."""
    values = np.asarray(image)
    low, high = (0.0, float(deep_white)) if image.mode.startswith("I;16") else _value_range(values)
    scaled = np.rint((values - np.float64(low)) * (255 / (high - low))).astype(np.uint8)
    if "transparency" in image.info:
        scaled[values == image.info["transparency"]] = 255
    return Image.fromarray(scaled)


def _value_range(values: np.ndarray) -> tuple[float, float]:
    """Return the values that become 0 and 255, for pixels of 32 bits."""
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise ValueError("expected finite pixel values, found NaN or infinity")
    for limit in (1.0, 255.0) if values.dtype.kind == "f" else (255.0,):
        if low >= 0 and high <= limit:
            return 0.0, limit
    return low, max(high, low + 1)
