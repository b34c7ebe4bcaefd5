import base64
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from proguard.collect.image_shards import CheckedImage, ImageShards, check_image
from proguard.storage.images import ImageStore, data_url
from tests.pictures import encode, frames, picture


def write(folder: Path, n: int, **sizes: Any) -> list[CheckedImage]:
    """Write ``n`` images of 70 bytes each."""
    shards = ImageShards(folder, **sizes)
    images = [check_image(encode(Image.new("L", (6, 4), shade), "PNG"), 100) for shade in range(1, n + 1)]
    for image in images:
        shards.add(image)
    shards.flush()
    return images


@pytest.mark.parametrize("sizes", [{}, {"shard_bytes": 140}, {"group_bytes": 140}])
def test_image_store_gives_back_all_images_of_all_shards_and_groups(tmp_path: Path, sizes: dict[str, int]):
    images = write(tmp_path, 5, **sizes)
    store = ImageStore(tmp_path)
    assert store.read(i.sha256 for i in images) == {i.sha256: i.content for i in images}
    assert store.phashes(i.sha256 for i in images) == {i.sha256: i.phash for i in images}
    assert store.read([images[3].sha256]) == {images[3].sha256: images[3].content}


def test_image_store_missing_image_is_named(tmp_path: Path):
    write(tmp_path, 0)
    with pytest.raises(KeyError, match=r"no image aa \(and 1 more\)"):
        ImageStore(tmp_path).read(["bb", "aa"])
    with pytest.raises(KeyError, match=r"no image aa \(and 0 more\)"):
        ImageStore(tmp_path).phashes(["aa"])


def test_image_store_of_no_hashes_reads_nothing(tmp_path: Path):
    assert ImageStore(tmp_path).read([]) == {}


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (encode(picture(), "PNG"), "image/png"),
        (encode(picture(), "JPEG"), "image/jpeg"),
        (encode(picture(), "WEBP"), "image/webp"),
        (frames("MPO"), "image/jpeg"),
    ],
)
def test_data_url_has_the_media_type_and_the_bytes(content: bytes, media_type: str):
    head, _, body = data_url(content).partition(",")
    assert head == f"data:{media_type};base64"
    assert base64.b64decode(body) == content


def test_data_url_of_another_format_is_refused():
    with pytest.raises(
        ValueError, match="expected a stored image .image/jpeg, image/png, image/webp., found bytes b'GIF8'"
    ):
        data_url(encode(picture(), "GIF"))
