import io
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from proguard.images import ImageShards, ImageStore, check_image
from proguard.split.near_images import find_near_images, near_hashes


def photo(seed: int, quality: int) -> bytes:
    """Return a smooth random picture as JPEG."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@given(st.lists(st.integers(0, 2**64 - 1), max_size=12), st.integers(0, 16))
def test_near_hashes_equals_every_pair_compared(numbers, distance):
    hashes = {f"{i:02d}": n for i, n in enumerate(numbers)} | {f"n{i}": n ^ 0b1011 for i, n in enumerate(numbers)}
    close = [p for p in combinations(sorted(hashes), 2) if (hashes[p[0]] ^ hashes[p[1]]).bit_count() <= distance]
    assert near_hashes(hashes, distance) == close


@pytest.mark.parametrize("distance", [-1, 17])
def test_near_hashes_refuses_a_distance_that_is_none(distance):
    with pytest.raises(ValueError, match=f"image_hash_distance: expected 0 to 16 of 64 bits, found {distance}"):
        near_hashes({}, distance)


def test_find_near_images_joins_a_photo_with_its_recompression(tmp_path):
    shards = ImageShards(tmp_path)
    images = [check_image(photo(seed, quality), 10**6) for seed, quality in ((1, 95), (1, 40), (2, 95))]
    for image in images:
        shards.add(image)
    shards.flush()
    same, again, _ = hashes = [image.sha256 for image in images]
    assert find_near_images(hashes, ImageStore(tmp_path), image_hash_distance=4) == [tuple(sorted([same, again]))]


def test_find_near_images_without_a_distance_opens_nothing(tmp_path):
    assert find_near_images(["absent"], ImageStore(tmp_path), image_hash_distance=None) == []
