"""Pixels of any mode as 8-bit RGB: deep values scaled to 8 bits, transparency on white."""

from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
"""Pillow's modes of one channel with more than 8 bits."""

BAND_PIXELS = 2**20
"""Pixels that are converted at a time, so that a large image does not take several times its size in memory."""


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
        rgb = _in_bands(image, _grey_scaler(image, deep_white))
    elif image.has_transparency_data:
        rgb = _in_bands(image, _put_on_white)
    else:
        rgb = image.convert("RGB")
    rgb.info.clear()
    return rgb


def _in_bands(image: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Return the RGB image that ``convert`` makes of ``image``, band by band: it may take 30 bytes a pixel."""
    rgb = Image.new("RGB", image.size)
    for band, top in _bands(image):
        rgb.paste(convert(band), (0, top))
    return rgb


def _bands(image: Image.Image) -> Iterator[tuple[Image.Image, int]]:
    """Yield ``image`` in bands of about `BAND_PIXELS` pixels, each with its first row."""
    width, height = image.size
    n_rows = max(1, BAND_PIXELS // max(1, width))
    for top in range(0, height, n_rows):
        yield image.crop((0, top, width, min(top + n_rows, height))), top


def _put_on_white(image: Image.Image) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")


def _grey_scaler(image: Image.Image, deep_white: int) -> Callable[[Image.Image], Image.Image]:
    """Return what makes a band of a deep grey ``image`` 8-bit grey, its transparent value white."""
    low, high = (0.0, float(deep_white)) if image.mode.startswith("I;16") else _value_range(image)
    transparent = image.info.get("transparency")

    def scale(band: Image.Image) -> Image.Image:
        values = np.asarray(band)
        scaled = np.rint((values - np.float64(low)) * (255 / (high - low))).astype(np.uint8)
        if transparent is not None:
            scaled[values == transparent] = 255
        return Image.fromarray(scaled).convert("RGB")

    return scale


def _value_range(image: Image.Image) -> tuple[float, float]:
    """Return the values that become 0 and 255, for pixels of 32 bits."""
    bands = (np.asarray(band) for band, _ in _bands(image))
    extremes = np.array([(band.min(), band.max()) for band in bands], np.float64)
    low, high = float(extremes[:, 0].min()), float(extremes[:, 1].max())
    if not np.isfinite([low, high]).all():
        raise ValueError("expected finite pixel values, found NaN or infinity")
    for limit in (1.0, 255.0) if image.mode == "F" else (255.0,):
        if low >= 0 and high <= limit:
            return 0.0, limit
    return low, max(high, low + 1)
