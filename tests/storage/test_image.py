"""The decoder: each kind of image as the pixels that a viewer shows, and one error for all that is refused."""

import io
import re
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from proguard.storage.image import FORMATS, ImageError, decode_image
from proguard.storage.pixels import to_rgb
from tests.pictures import case, encode, frames, naive, picture, raw_png, raw_tiff

LOSSLESS = ("PNG", "WEBP", "TIFF")
TURNED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}
"""What a viewer shows of stored pixels, by EXIF orientation. Source: EXIF 2.32, tag 274."""


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(decode_image(content).pixels)


def turned(form: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(picture(), form, exif=exif)


def see_through(form: str, mode: str = "RGBA") -> bytes:
    """A black picture whose right half is transparent."""
    image = Image.new("RGBA", (24, 16), (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (12, 0, 24, 16))
    return encode(image.convert(mode), form)


def deep(form: str, mode: str) -> bytes:
    ramp = np.tile(np.linspace(0, 1, 256), (4, 1))
    kinds = {"I;16": (65535, "<u2"), "I;16B": (65535, ">u2"), "I": (2**31 - 1, "<i4"), "F": (1, "<f4")}
    top, kind = kinds[mode]
    return encode(Image.frombytes(mode, (256, 4), (ramp * top).astype(kind).tobytes()), form)


KEYED = {
    "L2": {"bit_depth": 2, "colour_type": 0, "row": b"\x03", "transparent": b"\0\3"},
    "L4": {"bit_depth": 4, "colour_type": 0, "row": b"\x00\x0f", "transparent": b"\0\x0f"},
    "1": {"bit_depth": 1, "colour_type": 0, "row": b"\x10", "transparent": b"\0\1"},
    "L": {"bit_depth": 8, "colour_type": 0, "row": b"\x00\x00\x00\x7f", "transparent": b"\0\x7f"},
    "I;16": {"bit_depth": 16, "colour_type": 0, "row": b"\0" * 6 + b"\x12\x34", "transparent": b"\x12\x34"},
    "RGB": {"bit_depth": 8, "colour_type": 2, "row": b"\0" * 9 + b"\1\2\3", "transparent": b"\0\1\0\2\0\3"},
    "RGB16": {"bit_depth": 16, "colour_type": 2, "row": b"\0" * 18 + b"\1\2\3\4\5\6", "transparent": b"\1\2\3\4\5\6"},
}
"""Rows of three black pixels and one of the value that tRNS declares transparent."""

KEYED_PNGS = {name: raw_png((4, 2), **parts) for name, parts in KEYED.items()}

ODD = {
    **{f"orientation {n} {form}": turned(form, n) for form in ("PNG", "JPEG", "WEBP", "TIFF", "AVIF") for n in TURNED},
    **{f"see-through {form}": see_through(form) for form in ("PNG", "WEBP", "TIFF", "AVIF", "GIF")},
    **{f"see-through {mode}": see_through("PNG", mode) for mode in ("LA", "P")},
    **{f"transparent value {name}": content for name, content in KEYED_PNGS.items()},
    **{f"deep {form} {mode}": deep(form, mode) for form, mode in (("PNG", "I;16"), ("TIFF", "I"), ("TIFF", "F"))},
    **{f"{mode} TIFF": encode(picture().convert(mode), "TIFF") for mode in ("CMYK", "YCbCr", "LAB", "P", "1", "L")},
    **{f"{mode} JPEG": encode(picture().convert(mode), "JPEG") for mode in ("CMYK", "YCbCr", "L", "RGB")},
    **{form: encode(picture(), form) for form in FORMATS},
    **{name: case(name) for name in ("sign_plain.png", "sign_exif3.png", "photo_exif6.jpg", "grey16.png")},
    "MPO": frames("MPO"),
    "profile": encode(picture().convert("RGBA"), "PNG", icc_profile=b"profile"),
}


def test_decode_image_turned_sign_is_the_plain_one():
    assert (pixels(case("sign_exif3.png")) == pixels(case("sign_plain.png"))).all()


def test_decode_image_turned_photo_is_upright():
    assert decode_image(case("photo_exif6.jpg")).pixels.size == (80, 120)


def test_decode_image_16_bit_grey_is_the_ramp_in_8_bits():
    row = pixels(case("grey16.png"))[0, :, 0].astype(int)
    assert (row[0], row[-1]) == (8, 241)
    assert set(np.diff(row)) <= {1, 2}


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("form", LOSSLESS)
def test_decode_image_applies_every_orientation(form: str, orientation: int):
    expected = TURNED[orientation](np.asarray(picture()))
    assert np.array_equal(pixels(turned(form, orientation)), expected)


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("form", ["JPEG", "AVIF"])
def test_decode_image_applies_every_orientation_of_lossy_formats(form: str, orientation: int):
    expected = TURNED[orientation](np.asarray(picture())).astype(int)
    found = pixels(turned(form, orientation))
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 8


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "GIF", "AVIF"])
def test_decode_image_transparent_pixels_are_white_in_every_format(form: str):
    found = pixels(see_through(form))
    assert found[:, :11].max() <= 8
    assert found[:, 13:].min() >= 247


@pytest.mark.parametrize("name", KEYED_PNGS)
def test_decode_image_transparent_value_of_a_png_is_white_at_every_depth(name: str):
    assert pixels(KEYED_PNGS[name])[0].tolist() == [[0, 0, 0]] * 3 + [[255, 255, 255]]


@pytest.mark.parametrize(
    ("form", "mode"), [("PNG", "I;16"), ("TIFF", "I;16"), ("TIFF", "I;16B"), ("TIFF", "I"), ("TIFF", "F")]
)
def test_decode_image_deep_ramp_is_a_ramp_of_8_bits(form: str, mode: str):
    assert np.abs(pixels(deep(form, mode))[0, :, 0].astype(int) - range(256)).max() <= 1


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("n", [2, 3])
def test_decode_image_of_several_frames_is_refused(form: str, n: int):
    with pytest.raises(ImageError, match=f"animated image: {form} of several frames, expected one"):
        decode_image(frames(form, n))


def test_decode_image_of_a_camera_with_further_views_is_its_picture():
    assert np.abs(pixels(frames("MPO")).astype(int) - (0, 200, 10)).max() <= 3


def test_decode_image_at_the_limit_of_pixels_passes_and_above_fails():
    assert decode_image(encode(picture(), "PNG"), max_pixels=24 * 16).pixels.size == (24, 16)
    with pytest.raises(ImageError, match="huge image: 24 x 16 pixels, more than 383"):
        decode_image(encode(picture(), "PNG"), max_pixels=24 * 16 - 1)


@pytest.mark.parametrize("size", [(2000, 10), (10, 2000), (200, 1), (1, 1)])
def test_decode_image_at_the_limit_of_the_side_ratio_passes(size: tuple[int, int]):
    assert decode_image(encode(Image.new("RGB", size), "PNG")).pixels.size == size


@pytest.mark.parametrize("size", [(2001, 10), (10, 2001), (201, 1), (1, 5000)])
def test_decode_image_above_the_limit_of_the_side_ratio_is_refused(size: tuple[int, int]):
    width, height = size
    with pytest.raises(ImageError, match=f"narrow image: {width} x {height} pixels, a side ratio above 200"):
        decode_image(encode(Image.new("RGB", size), "PNG"))


def test_decode_image_bomb_is_refused_by_its_header():
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(header)) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    data = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with pytest.raises(ImageError, match="huge image: .*2500000000 pixels"):
        decode_image(b"\x89PNG\r\n\x1a\n" + chunk + data, max_pixels=10**6)


def test_decode_image_damaged_avif_is_refused():
    with pytest.raises(ImageError, match="undecodable image: Failed to decode frame 0"):
        decode_image(case("damaged.avif"))


@pytest.mark.parametrize("content", [b"", b"no picture", b"%!PS-Adobe-3.0 EPSF-3.0", b"%PDF-1.4"])
def test_decode_image_of_no_image_names_the_formats(content: bytes):
    with pytest.raises(ImageError, match="undecodable image: expected JPEG, PNG, WEBP, GIF, BMP, TIFF, AVIF, found no"):
        decode_image(content)


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"<html></html>", "an HTML page"), (b"version https://git-lfs.github.com/spec/v1\n", "a git-lfs pointer")],
)
def test_decode_image_of_what_lies_in_its_place_names_it(content: bytes, found: str):
    with pytest.raises(ImageError, match=f"undecodable image: expected JPEG.*, found {found}"):
        decode_image(content)


@pytest.mark.parametrize(
    "form", ["EPS", "PDF", "ICNS", "ICO", "DDS", "TGA", "PCX", "PPM", "SGI", "JPEG2000", "IM", "QOI"]
)
def test_decode_image_of_other_formats_is_refused(form: str):
    with pytest.raises(ImageError, match="undecodable image: expected JPEG"):
        decode_image(encode(picture(32, 32), form))


@pytest.mark.parametrize("form", FORMATS)
def test_decode_image_cut_short_is_refused(form: str):
    content = encode(picture(), form)
    with pytest.raises(ImageError):
        decode_image(content[: len(content) // 2])


@pytest.mark.parametrize(
    ("size", "expected"), [((95, 400), (95, 400)), ((192, 400), (96, 200)), ((800, 769), (100, 97))]
)
def test_decode_image_looked_at_gives_a_plain_jpeg_in_fewer_grey_pixels(size, expected):
    image = decode_image(encode(picture(*size), "JPEG"), look_side=96)
    assert (image.pixels.size, image.size, image.pixels.mode, image.is_plain) == (expected, size, "RGB", True)
    red, green, blue = np.moveaxis(np.asarray(image.pixels), 2, 0)
    assert (red == green).all() and (green == blue).all()


def test_decode_image_looked_at_keeps_every_pixel_of_what_is_written_anew():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned_jpeg, png = encode(picture(400, 200), "JPEG", exif=exif), encode(picture(400, 200), "PNG")
    for content, size in ((turned_jpeg, (200, 400)), (png, (400, 200))):
        image = decode_image(content, look_side=96)
        assert image.size == image.pixels.size == size
        assert image.normal() == decode_image(content).normal()


@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=str)
def test_decode_image_looked_at_refuses_a_truncated_jpeg(options):
    content = encode(picture(800, 600), "JPEG", **options)
    for share in (0.5, 0.9, 0.99):
        with pytest.raises(ImageError, match="undecodable image: .*truncated"):
            decode_image(content[: int(len(content) * share)], look_side=96)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_decode_image_damaged_anyhow_is_an_image_or_the_one_error(form: str, data: st.DataObject):
    content = bytearray(encode(picture(), form))
    places = st.integers(0, len(content) - 1)
    for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8)):
        content[place] = byte
    damaged = bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    try:
        assert decode_image(damaged, max_pixels=10**5).pixels.mode == "RGB"
    except ImageError as error:
        assert not re.search("0x[0-9a-f]{6}", str(error))


@pytest.mark.parametrize(
    "error", [RuntimeError, OverflowError, struct.error, ZeroDivisionError, SystemError, MemoryError]
)
def test_decode_image_any_exception_of_a_decoder_is_the_one_error(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
):
    def fail(*_: object) -> None:
        raise error("bad <_io.BytesIO object at 0x7f3a> at 0x7f3b\nmore")

    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", fail)
    with pytest.raises(ImageError) as caught:
        decode_image(encode(picture(), "PNG"))
    assert str(caught.value) == "undecodable image: bad ... at ..."


def test_image_error_without_words_is_named_by_its_type(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", lambda _: exec("raise ZeroDivisionError"))
    with pytest.raises(ImageError, match="undecodable image: ZeroDivisionError"):
        decode_image(encode(picture(), "PNG"))


@pytest.mark.parametrize("name", ODD)
def test_normal_image_gives_any_reader_the_decoded_pixels(name: str):
    image = decode_image(ODD[name])
    normal = image.normal()
    assert np.array_equal(naive(normal.content), np.asarray(image.pixels))
    assert np.array_equal(pixels(normal.content), np.asarray(image.pixels))
    with Image.open(io.BytesIO(normal.content)) as opened:
        assert opened.mode in ("RGB", "L")
        assert opened.getexif().get(0x0112, 1) == 1
    assert decode_image(normal.content).normal().content == normal.content


@pytest.mark.parametrize(
    "content", [*(encode(picture(), form) for form in ("PNG", "JPEG", "WEBP")), encode(picture().convert("L"), "JPEG")]
)
def test_normal_image_of_plain_bytes_is_those_bytes(content: bytes):
    assert decode_image(content).normal().content == content


def test_normal_image_is_known_by_the_hash_of_its_source():
    turned_sign, plain = decode_image(case("sign_exif3.png")).normal(), decode_image(case("sign_plain.png")).normal()
    assert turned_sign.sha256 != plain.sha256
    assert turned_sign.content != case("sign_exif3.png")


@pytest.mark.parametrize(
    ("size", "expected"), [((2000, 2000), (2000, 2000)), ((2001, 2000), (1001, 1000)), ((6100, 4000), (2034, 1334))]
)
def test_for_model_averages_large_images_by_a_whole_factor(size, expected):
    assert decode_image(encode(Image.new("L", size), "PNG")).for_model().size == expected


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("size", [(30, 20), (2500, 2000)])
def test_for_engine_gives_an_engine_the_pixels_of_for_model(mode, size):
    noise = Image.merge(mode, [Image.effect_noise(size, 90) for _ in mode])
    decoded = decode_image(encode(noise, "PNG"))
    again = decode_image(decoded.for_engine().content)
    assert again.for_model().tobytes() == decoded.for_model().tobytes()
    assert decoded.for_engine().sha256 == decoded.normal().sha256


def test_decode_image_grey_of_12_bits_is_a_ramp():
    row = b"".join(bytes([a >> 4, (a & 15) << 4 | b >> 8, b & 255]) for a, b in [(0, 1285), (2570, 4095)])
    assert pixels(raw_tiff(4, bits=12, photometric=1, row=row))[0, :, 0].tolist() == [0, 80, 160, 255]


@pytest.mark.parametrize(("bits", "kind", "sample_format"), [(8, "u1", 1), (16, "<u2", 1), (32, "<f4", 3)])
def test_decode_image_tiff_whose_zero_is_white_is_inverted(bits, kind, sample_format):
    most = 1 if kind == "<f4" else 2**bits - 1
    row = (np.linspace(0, 1, 128) * most).astype(kind).tobytes()
    black, white = (
        pixels(raw_tiff(128, bits=bits, photometric=photometric, sample_format=sample_format, row=row))[0, :, 0]
        for photometric in (1, 0)
    )
    assert (black[0], black[-1]) == (0, 255)
    assert white.tolist() == (255 - black).tolist()


SIGNED = [("i1", 2), ("<i2", 2), ("<i4", 2), ("u1", 1), ("<u2", 1), ("<u4", 1)]


@pytest.mark.parametrize(("kind", "sample_format"), SIGNED)
def test_decode_image_tiff_of_either_sign_is_a_ramp(kind: str, sample_format: int):
    least, most = np.iinfo(kind).min, np.iinfo(kind).max
    row = np.linspace(least, most, 128).astype(kind).tobytes()
    bits = np.dtype(kind).itemsize * 8
    found = pixels(raw_tiff(128, bits=bits, photometric=1, sample_format=sample_format, row=row))[0, :, 0]
    assert np.abs(found.astype(int) - np.linspace(0, 255, 128)).max() <= 1


def test_decode_image_small_values_of_32_bits_keep_their_range():
    row = np.array([0, 100, 200], "<u4").tobytes()
    assert pixels(raw_tiff(3, bits=32, photometric=1, row=row))[0, :, 0].tolist() == [0, 100, 200]


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", TURNED)
def test_decode_image_turns_a_transparent_image_and_lays_it_on_white(form: str, orientation: int):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.new("RGBA", (24, 16), (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (12, 0, 24, 16))
    flat = TURNED[orientation](pixels(encode(image, form)))
    assert np.abs(pixels(encode(image, form, exif=exif)).astype(int) - flat).max() <= 8


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "RGBa"])
def test_decode_image_of_every_mode_with_transparency_is_on_white(mode: str):
    image = Image.new("RGBA", (8, 4), (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (4, 0, 8, 4))
    form = "TIFF" if mode in ("RGBA", "LA", "PA") else None
    found = pixels(encode(image.convert(mode), form)) if form else np.asarray(to_rgb(image.convert(mode)))
    assert found[0, :, 0].tolist() == [0] * 4 + [255] * 4


def test_decode_image_of_one_frame_in_an_animated_format_passes():
    for form in ("GIF", "WEBP", "PNG", "TIFF", "AVIF"):
        assert decode_image(frames(form, 1)).pixels.size == (12, 8)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_decode_image_reads_the_orientation_of_xmp_as_pillow_does(form: str):
    xmp = '<x xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp)
    content = encode(picture(), form, **({"pnginfo": text} if form == "PNG" else {"xmp": xmp.encode()}))
    assert decode_image(content).pixels.size == (16, 24)
