from pathlib import Path
from typing import Any

import imagehash
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from PIL import Image

from proguard.collect.image_shards import SHARD_SCHEMA, CheckedImage, ImageShards, check_image
from proguard.storage.image import ImageError
from tests.pictures import case, encode, naive


def png(shade: int = 0) -> bytes:
    return encode(Image.new("L", (6, 4), shade), "PNG")


def photo(seed: int, side: int) -> Image.Image:
    """A smooth random picture."""
    coarse = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8))
    return coarse.resize((side, side), Image.Resampling.BICUBIC)


def checked(shade: int) -> CheckedImage:
    return check_image(png(shade), 100)


def distance(a: CheckedImage, b: CheckedImage) -> int:
    """Return how many bits of two perceptual hashes differ."""
    return (int(a.phash, 16) ^ int(b.phash, 16)).bit_count()


def test_check_image_plain_image_keeps_its_bytes():
    image = check_image(png(), 24)
    assert (image.width, image.height, image.content) == (6, 4, png())


def test_check_image_above_the_limit_is_refused():
    with pytest.raises(ImageError, match="huge image: 6 x 4 pixels, more than 23"):
        check_image(png(), 23)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
def test_check_image_phash_is_near_for_another_size_and_far_for_another_picture(form: str):
    whole, small, other = (
        check_image(encode(photo(seed, side), form), 10**6) for seed, side in ((1, 640), (1, 320), (2, 640))
    )
    assert distance(whole, small) <= 4
    assert distance(whole, other) >= 16


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_check_image_phash_is_that_of_the_decoded_pixels(form: str):
    image = check_image(encode(photo(1, 300), form), 10**6)
    assert image.phash == str(imagehash.phash(Image.fromarray(naive(image.content))))


@pytest.mark.parametrize("side", [90, 200, 400, 800])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"keep_rgb": True}, {"subsampling": 0}], ids=str)
def test_check_image_phash_of_a_jpeg_is_near_to_that_of_its_pixels(options: dict[str, Any], side: int):
    for seed in range(6):
        image = check_image(encode(photo(seed, side), "JPEG", quality=90, **options), 10**6)
        as_png = check_image(encode(Image.fromarray(naive(image.content)), "PNG"), 10**6)
        assert (image.width, image.height) == (side, side)
        assert distance(image, as_png) <= 2


def test_check_image_turned_sign_looks_like_the_plain_one():
    turned, plain = check_image(case("sign_exif3.png"), 10**6), check_image(case("sign_plain.png"), 10**6)
    assert turned.phash == plain.phash
    assert (naive(turned.content) == naive(plain.content)).all()


def test_check_image_turned_photo_has_the_size_of_the_upright_one():
    image = check_image(case("photo_exif6.jpg"), 10**6)
    assert (image.width, image.height, naive(image.content).shape) == (80, 120, (120, 80, 3))


def test_image_shards_none_still_writes_the_first_shard(tmp_path: Path):
    ImageShards(tmp_path).flush()
    table = pl.read_parquet(tmp_path / "images-00000.parquet")
    assert table.columns == SHARD_SCHEMA.names
    assert table.is_empty()


def test_image_shards_full_shard_starts_another(tmp_path: Path):
    shards = ImageShards(tmp_path, shard_bytes=2 * len(png()))
    for shade in (1, 2, 3, 1):
        shards.add(checked(shade))
    shards.flush()
    assert shards.n_images == 3
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["images-00000.parquet", "images-00001.parquet"]


def test_image_shards_full_group_starts_another(tmp_path: Path):
    shards = ImageShards(tmp_path, group_bytes=140)
    images = [checked(shade) for shade in range(1, 6)]
    for image in images:
        shards.add(image)
    assert (shards.n_bytes, shards.n_images) == (sum(len(i.content) for i in images), 5)
    assert images[0].sha256 in shards
    assert "aa" not in shards
    shards.flush()
    file = pq.ParquetFile(tmp_path / "images-00000.parquet")
    assert [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)] == [2, 2, 1]


def test_image_shards_bytes_are_not_compressed(tmp_path: Path):
    shards = ImageShards(tmp_path)
    shards.add(checked(1))
    shards.flush()
    group = pq.ParquetFile(tmp_path / "images-00000.parquet").metadata.row_group(0)
    assert group.column(SHARD_SCHEMA.names.index("bytes")).compression == "UNCOMPRESSED"
