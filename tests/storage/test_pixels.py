"""Modes of pixels: what is deep, transparent or of other colours, as 8-bit RGB."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from proguard.storage import pixels
from proguard.storage.pixels import to_rgb
from tests.pictures import picture

RAMP = np.linspace(0, 1, 256).reshape(1, -1)


def grey(image: Image.Image) -> list[int]:
    """Return the row of a grey image as 8-bit values."""
    values = np.asarray(to_rgb(image))
    assert (values == values[..., :1]).all()
    return values[0, :, 0].tolist()


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B"])
def test_to_rgb_16_bits_are_scaled_by_their_range(mode: str):
    data = np.rint(RAMP * 65535).astype(">u2" if mode.endswith("B") else "<u2")
    assert grey(Image.frombytes(mode, (256, 1), data.tobytes())) == list(range(256))


def test_to_rgb_16_bits_dark_picture_stays_dark():
    assert grey(Image.fromarray(np.array([[0, 257, 1000, 2570]], np.uint16))) == [0, 1, 4, 10]


@pytest.mark.parametrize(("low", "high"), [(0, 255), (0, 65535), (0, 2**31 - 1), (-(2**31), 2**31 - 1), (100, 1000)])
def test_to_rgb_integers_of_32_bits_are_a_ramp(low: int, high: int):
    values = np.rint(low + RAMP * (high - low)).astype(np.int32)
    assert np.abs(np.array(grey(Image.fromarray(values))) - range(256)).max() <= 1


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 255), (0, 1000), (-1, 1), (1e-30, 1e30)])
def test_to_rgb_floats_are_a_ramp(low: float, high: float):
    assert grey(Image.fromarray((low + RAMP * (high - low)).astype(np.float32))) == list(range(256))


def test_to_rgb_floats_within_a_usual_range_are_not_stretched():
    assert grey(Image.fromarray(np.array([[0.2, 0.6]], np.float32))) == [51, 153]
    assert grey(Image.fromarray(np.array([[2, 100]], np.float32))) == [2, 100]


@pytest.mark.parametrize("value", [0.0, 0.5, 7.0, 1e6, -3.0])
def test_to_rgb_floats_of_one_value_are_one_grey(value: float):
    assert len(set(grey(Image.fromarray(np.full((1, 5), value, np.float32))))) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_to_rgb_floats_that_are_no_numbers_are_refused(value: float):
    with pytest.raises(ValueError, match="expected finite pixel values, found NaN or infinity"):
        to_rgb(Image.fromarray(np.array([[0.5, value]], np.float32)))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "RGBa"])
def test_to_rgb_alpha_is_put_on_white(mode: str):
    image = Image.new("RGBA", (3, 1), (0, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    image.putpixel((2, 0), (0, 0, 0, 102))
    assert grey(image.convert(mode)) == [0, 255, 153]


def test_to_rgb_palette_and_alpha_channel_are_put_on_white():
    image = Image.new("PA", (2, 1))
    image.putpalette([9, 9, 9])
    image.putdata([(0, 255), (0, 0)])
    assert grey(image) == [9, 255]


def test_to_rgb_palette_with_alpha_is_put_on_white():
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 255, 9, 9, 9, 0], "RGBA")
    image.putdata([0, 1])
    assert grey(image) == [0, 255]


@pytest.mark.parametrize(("mode", "key"), [("L", 7), ("1", 0), ("P", 7), ("P", bytes([255] * 7 + [0])), ("I;16", 7)])
def test_to_rgb_transparent_value_is_white(mode: str, key: int | bytes):
    image = Image.new(mode, (2, 1))
    image.putdata([0 if mode == "1" else 7, 255])
    image.info["transparency"] = key
    assert grey(image)[0] == 255


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "RGBX", "RGB"])
def test_to_rgb_colours_of_other_models_are_those_of_the_picture(mode: str):
    found = np.asarray(to_rgb(picture().convert(mode)), int)
    assert np.abs(found - np.asarray(picture(), int)).max() <= 4


def test_to_rgb_lab_is_the_picture():
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    image = ImageCms.profileToProfile(picture(), srgb, lab, outputMode="LAB")
    assert np.abs(np.asarray(to_rgb(image), int) - np.asarray(picture(), int)).mean() < 3


@pytest.mark.parametrize("mode", ["1", "L"])
def test_to_rgb_grey_keeps_black_and_white(mode: str):
    image = Image.new(mode, (2, 1))
    image.putpixel((1, 0), 255)
    assert grey(image) == [0, 255]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "I;16", "I", "F"])
@pytest.mark.parametrize("band_pixels", [1, 50, 200])
def test_to_rgb_in_bands_is_the_whole(monkeypatch: pytest.MonkeyPatch, mode: str, band_pixels: int):
    values = np.random.default_rng(0).integers(0, 256, (24, 32, 4), np.uint8)
    image = {
        "I;16": lambda: Image.fromarray(values[..., :2].copy().view(np.uint16)[..., 0]),
        "I": lambda: Image.fromarray(values.view(np.int32)[..., 0]),
        "F": lambda: Image.fromarray(values[..., 0].astype(np.float32) / 100),
    }.get(mode, lambda: Image.fromarray(values, "RGBA").convert(mode))()
    assert image.mode == mode
    whole = to_rgb(image).tobytes()
    monkeypatch.setattr(pixels, "BAND_PIXELS", band_pixels)
    assert to_rgb(image).tobytes() == whole


def test_to_rgb_leaves_no_metadata_and_the_image_as_it_was():
    image = picture()
    image.info["icc_profile"] = b"profile"
    assert to_rgb(image).info == {}
    assert image.info == {"icc_profile": b"profile"}
