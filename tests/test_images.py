import contextlib
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from proguard.images import SHARD_SCHEMA, CheckedImage, ImageShards, ImageStore, check_image


def png(shade: int = 0, size: tuple[int, int] = (6, 4)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, shade).save(buffer, "PNG")
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


def test_image_shards_none_still_writes_the_first_shard(tmp_path: Path):
    ImageShards(tmp_path).flush()
    table = pl.read_parquet(tmp_path / "images-00000.parquet")
    assert table.schema == pl.Schema(SHARD_SCHEMA)
    assert table.is_empty()


def test_image_shards_full_shard_starts_another_and_all_are_read_back(tmp_path: Path):
    shards = ImageShards(tmp_path, shard_bytes=2 * len(png()))
    images = [checked(shade) for shade in (1, 2, 3, 1)]
    for image in images:
        shards.add(image)
    shards.flush()
    assert shards.n_images == 3
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["images-00000.parquet", "images-00001.parquet"]
    assert ImageStore(tmp_path).read(i.sha256 for i in images) == {i.sha256: i.content for i in images}


def test_image_store_missing_image_is_named(tmp_path: Path):
    ImageShards(tmp_path).flush()
    with pytest.raises(KeyError, match=r"no image aa \(and 1 more\)"):
        ImageStore(tmp_path).read(["bb", "aa"])
    assert ImageStore(tmp_path).read([]) == {}
