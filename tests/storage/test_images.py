import contextlib
import io
from pathlib import Path

import imagehash
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from proguard.storage.images import SHARD_SCHEMA, CheckedImage, ImageShards, ImageStore, check_image


def png(shade: int = 0, size: tuple[int, int] = (6, 4)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, shade).save(buffer, "PNG")
    return buffer.getvalue()


def photo(seed: int, side: int, form: str) -> bytes:
    """A smooth random picture."""
    coarse = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    coarse.resize((side, side), Image.Resampling.BICUBIC).save(buffer, form)
    return buffer.getvalue()


def checked(shade: int) -> CheckedImage:
    return check_image(png(shade), 100)


def test_check_image_size_at_the_limit_passes_and_above_fails():
    image = check_image(png(), 24)
    assert (image.width, image.height, image.content) == (6, 4, png())
    with pytest.raises(ValueError, match="image of 6 x 4 pixels, more than 23"):
        check_image(png(), 23)


@pytest.mark.parametrize("content", [b"", b"no picture", png()[:-25], png()[:20]])
def test_check_image_no_or_half_an_image_is_an_error(content: bytes):
    with pytest.raises(ValueError, match="image does not decode"):
        check_image(content, 100)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(png()) - 1), st.integers(0, 255))
def test_check_image_damaged_byte_passes_or_is_a_value_error(place: int, byte: int):
    content = bytearray(png())
    content[place] = byte
    with contextlib.suppress(ValueError):
        check_image(bytes(content), 100)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_check_image_phash_is_near_for_another_size_and_far_for_another_picture(form: str):
    whole, small, other = (
        int(check_image(photo(seed, side, form), 10**6).phash, 16) for seed, side in ((1, 640), (1, 320), (2, 640))
    )
    assert (whole ^ small).bit_count() <= 4
    assert (whole ^ other).bit_count() >= 16


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_check_image_phash_of_what_is_no_jpeg_is_that_of_imagehash(form: str):
    content = photo(1, 300, form)
    with Image.open(io.BytesIO(content)) as image:
        assert check_image(content, 10**6).phash == str(imagehash.phash(image))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_check_image_takes_every_mode(mode: str):
    buffer = io.BytesIO()
    Image.new(mode, (40, 30)).save(buffer, "TIFF")
    assert len(check_image(buffer.getvalue(), 10**6).phash) == 16


def test_check_image_cut_jpeg_is_an_error_though_it_is_scaled_down():
    content = photo(1, 2000, "JPEG")
    with pytest.raises(ValueError, match="image does not decode"):
        check_image(content[:-200], 10**7)


def test_image_shards_none_still_writes_the_first_shard(tmp_path: Path):
    ImageShards(tmp_path).flush()
    table = pl.read_parquet(tmp_path / "images-00000.parquet")
    assert table.columns == SHARD_SCHEMA.names
    assert table.is_empty()


def test_image_shards_full_shard_starts_another_and_all_are_read_back(tmp_path: Path):
    shards = ImageShards(tmp_path, shard_bytes=2 * len(png()))
    images = [checked(shade) for shade in (1, 2, 3, 1)]
    for image in images:
        shards.add(image)
    shards.flush()
    assert shards.n_images == 3
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["images-00000.parquet", "images-00001.parquet"]
    store = ImageStore(tmp_path)
    assert store.read(i.sha256 for i in images) == {i.sha256: i.content for i in images}
    assert store.phashes(i.sha256 for i in images) == {i.sha256: i.phash for i in images}


def test_image_shards_groups_are_read_one_by_one(tmp_path: Path):
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
    assert ImageStore(tmp_path).read([images[3].sha256]) == {images[3].sha256: images[3].content}


def test_image_shards_bytes_are_not_compressed(tmp_path: Path):
    shards = ImageShards(tmp_path)
    shards.add(checked(1))
    shards.flush()
    group = pq.ParquetFile(tmp_path / "images-00000.parquet").metadata.row_group(0)
    assert group.column(SHARD_SCHEMA.names.index("bytes")).compression == "UNCOMPRESSED"


def test_image_store_missing_image_is_named(tmp_path: Path):
    ImageShards(tmp_path).flush()
    with pytest.raises(KeyError, match=r"no image aa \(and 1 more\)"):
        ImageStore(tmp_path).read(["bb", "aa"])
    with pytest.raises(KeyError, match=r"no image aa \(and 0 more\)"):
        ImageStore(tmp_path).phashes(["aa"])
    assert ImageStore(tmp_path).read([]) == {}
