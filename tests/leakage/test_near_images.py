import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proguard.collect.image_shards import ImageShards, check_image
from proguard.leakage.near_images import find_near_images, near_hashes
from proguard.storage.images import ImageStore
from tests.leakage.photos import COPIES, draw_photo, encode


def store(folder, *contents):
    """Return a store with images, and the hash of each."""
    shards = ImageShards(folder)
    images = [check_image(content, 10**6) for content in contents]
    for image in images:
        shards.add(image)
    shards.flush()
    return ImageStore(folder), [image.sha256 for image in images]


@given(st.lists(st.integers(0, 2**64 - 1), max_size=12), st.integers(0, 16))
def test_near_hashes_equals_every_pair_compared(numbers, distance):
    hashes = {f"{i:02d}": n for i, n in enumerate(numbers)} | {f"n{i}": n ^ 0b1011 for i, n in enumerate(numbers)}
    close = [p for p in combinations(sorted(hashes), 2) if (hashes[p[0]] ^ hashes[p[1]]).bit_count() <= distance]
    assert near_hashes(hashes, distance).rows() == close


@pytest.mark.parametrize("distance", [-1, 17])
def test_near_hashes_refuses_a_distance_that_is_none(distance):
    with pytest.raises(ValueError, match=f"leakage.image_hash_distance: expected 0 to 16 of 64 bits, found {distance}"):
        near_hashes({}, distance)


@pytest.mark.parametrize("copy", COPIES)
def test_find_near_images_joins_a_photo_with_its_copy_and_no_other(tmp_path, copy):
    photos = [draw_photo(seed) for seed in range(12)]
    copies = [COPIES[copy](photo) for photo in photos]
    images, hashes = store(tmp_path, *(encode(photo, quality=92) for photo in photos), *copies)
    expected = sorted(tuple(sorted(pair)) for pair in zip(hashes[:12], hashes[12:], strict=True))
    assert find_near_images(hashes, images, image_hash_distance=4).rows() == expected


def test_near_hashes_of_58k_takes_seconds():
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 2**63, 58_000).tolist()
    hashes = {f"{i:05d}": number for i, number in enumerate(numbers)}
    hashes |= {f"n{i:05d}": number ^ 0b1_0000_0001_0001 for i, number in enumerate(numbers[:500])}
    start = time.process_time()
    found = near_hashes(hashes, 4).rows()
    assert [pair for pair in found if pair[1].startswith("n")] == [(f"{i:05d}", f"n{i:05d}") for i in range(500)]
    assert time.process_time() - start < 5


def test_find_near_images_without_a_distance_opens_nothing(tmp_path):
    assert find_near_images(["absent"], ImageStore(tmp_path), image_hash_distance=None).is_empty()
