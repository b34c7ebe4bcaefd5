"""Near-duplicate images: perceptual hashes of 64 bits that differ in few of them.

For photos. Leave it off for drawings: pictograms of the mini world that show different signs can have one hash, and two
images of rendered text differ in as few as 8 bits.
"""

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations, pairwise

import imagehash
from PIL import Image
from tqdm import tqdm

from proguard.images import ImageStore

N_BITS = 64
_BATCH_SIZE = 512


def find_near_images(
    images: Iterable[str], store: ImageStore, *, image_hash_distance: int | None
) -> list[tuple[str, str]]:
    """Return the pairs of ``images`` that look alike, sorted.

    Args:
        images: SHA-256 of each.
        image_hash_distance: Most bits, of 64, that two perceptual hashes may differ in; ``None`` finds no pairs and
            opens no image.
    """
    if image_hash_distance is None:
        return []
    return near_hashes(_hash_images(sorted(set(images)), store), image_hash_distance)


def near_hashes(hashes: Mapping[str, int], distance: int) -> list[tuple[str, str]]:
    """Return the pairs of keys whose hashes differ in ``distance`` bits or fewer, sorted.

    Two hashes that differ in d bits are equal in one of d + 1 bands, so only those of one band are compared.

    Raises:
        ValueError: When ``distance`` is not in [0, 16].
    """
    if not 0 <= distance <= 16:
        raise ValueError(f"ood_split.image_hash_distance: expected 0 to 16 of {N_BITS} bits, found {distance}")
    edges = [N_BITS * i // (distance + 1) for i in range(distance + 2)]
    found: set[tuple[str, str]] = set()
    for low, high in pairwise(edges):
        bands: dict[int, list[str]] = defaultdict(list)
        for key in sorted(hashes):
            bands[hashes[key] >> low & (1 << high - low) - 1].append(key)
        for keys in bands.values():
            found.update(p for p in combinations(keys, 2) if (hashes[p[0]] ^ hashes[p[1]]).bit_count() <= distance)
    return sorted(found)


def _hash_images(images: list[str], store: ImageStore) -> dict[str, int]:
    hashes: dict[str, int] = {}
    with tqdm(total=len(images), desc="perceptual hashes", unit="image") as progress:
        for start in range(0, len(images), _BATCH_SIZE):
            batch = images[start : start + _BATCH_SIZE]
            for sha, content in store.read(batch).items():
                with Image.open(io.BytesIO(content)) as image:
                    hashes[sha] = int(str(imagehash.phash(image)), 16)
            progress.update(len(batch))
    return hashes
