"""Pictures in the place of others."""

import io

import numpy as np
from PIL import Image

from proguard.variants.pictures import NOISE, add_noise, blank


def png(size=(20, 10), colour=(100, 5, 250)):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), dtype=int)


def test_blank_is_white_and_of_the_same_size():
    assert pixels(blank(png())).shape == (10, 20, 3)
    assert (pixels(blank(png())) == 255).all()


def test_noise_moves_pixels_by_so_much_and_no_more():
    moved = pixels(add_noise(png())) - pixels(png())
    assert np.abs(moved).max() <= NOISE
    assert np.abs(moved).mean() > NOISE / 4


def test_noise_depends_on_the_content_alone():
    assert add_noise(png()) == add_noise(png())
    assert (pixels(add_noise(png(colour=(101, 5, 250)))) - pixels(add_noise(png())) > 5).any()
