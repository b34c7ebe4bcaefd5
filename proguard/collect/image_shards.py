"""Images as bytes in parquet shards, written once and read by `proguard.storage.images` afterwards.

What later stages need of an image's pixels, a perceptual hash, is in the row of its bytes, so that they decode nothing.
"""

from dataclasses import dataclass, field
from pathlib import Path

import imagehash
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from proguard.storage.image import decode_image

SHARD_SCHEMA = pa.schema(
    {
        "sha256": pa.string(),
        "bytes": pa.large_binary(),
        "width": pa.int32(),
        "height": pa.int32(),
        "phash": pa.string(),
    }
)

HASH_SIDE = 32
"""Side of the square that imagehash's phash shrinks an image to."""

LOOK_SIDE = 3 * HASH_SIDE
"""Pixels a side from which that square is made; a large image is averaged to them first, by its decoder or here."""

GROUP_BYTES = 2**20
"""Bytes of images in a row group, which is what a reader of one image reads and what a writer holds."""

_COMPRESSION = {name: "none" if name == "bytes" else "zstd" for name in SHARD_SCHEMA.names}
"""Image formats compress already; doing it again costs time and gains nothing."""


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """An image that decodes, in the form that is stored."""

    sha256: str
    """Hash of the bytes that the source gave, which samples refer to it by."""

    content: bytes
    """Bytes that give every reader the same pixels, see `proguard.storage.image.NormalImage`."""

    width: int
    """Pixels, upright."""

    height: int
    """Pixels, upright."""

    phash: str
    """Perceptual hash of 64 bits, as 16 hex digits: near ones mean that images look alike."""


def check_image(content: bytes, max_pixels: int) -> CheckedImage:
    """Return ``content`` as it is stored, with its hashes and size; safe to call in threads.

    Raises:
        proguard.storage.image.ImageError: When it is refused.
    """
    image = decode_image(content, max_pixels=max_pixels, look_side=LOOK_SIDE)
    normal = image.normal()
    return CheckedImage(normal.sha256, normal.content, *image.size, hash_look(image.pixels))


def hash_look(pixels: Image.Image) -> str:
    """Return the perceptual hash of an image, as `CheckedImage` has it."""
    size = (HASH_SIDE, HASH_SIDE)
    # phash's own resize, without the average first, takes two to four times as long.
    grey = pixels.convert("L").resize(size, Image.Resampling.LANCZOS, reducing_gap=LOOK_SIDE / HASH_SIDE)
    return str(imagehash.phash(grey))


@dataclass
class ImageShards:
    """Writer of a folder of shards: each image once, in order of arrival, memory bounded by one row group."""

    folder: Path
    shard_bytes: int = 256 * 2**20
    group_bytes: int = GROUP_BYTES
    n_bytes: int = 0
    """Bytes of the images added so far."""

    _seen: set[str] = field(default_factory=set)
    _pending: list[CheckedImage] = field(default_factory=list)
    _group_size: int = 0
    _shard_size: int = 0
    _n_shards: int = 0
    _writer: pq.ParquetWriter | None = None

    def __contains__(self, sha256: object) -> bool:
        return sha256 in self._seen

    @property
    def n_images(self) -> int:
        """Distinct images added so far."""
        return len(self._seen)

    def add(self, image: CheckedImage) -> None:
        """Keep ``image`` unless its bytes were added before."""
        if image.sha256 in self._seen:
            return
        self._seen.add(image.sha256)
        self._pending.append(image)
        self.n_bytes += len(image.content)
        self._group_size += len(image.content)
        self._shard_size += len(image.content)
        if self._group_size >= self.group_bytes:
            self._write_group()
        if self._shard_size >= self.shard_bytes:
            self.flush()

    def flush(self) -> None:
        """Write what is pending and end the shard; call once at the end. The first shard is written also when empty."""
        if self._pending or not self._n_shards:
            self._write_group()
        if self._writer is not None:
            self._writer.close()
            self._writer, self._shard_size = None, 0

    def _write_group(self) -> None:
        if self._writer is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"images-{self._n_shards:05d}.parquet"
            options = {"compression": _COMPRESSION, "use_dictionary": False, "write_statistics": False}
            self._writer = pq.ParquetWriter(path, SHARD_SCHEMA, **options)
            self._n_shards += 1
        rows = [(i.sha256, i.content, i.width, i.height, i.phash) for i in self._pending]
        columns = zip(*rows, strict=True) if rows else [()] * len(SHARD_SCHEMA)
        arrays = [pa.array(c, type_) for c, type_ in zip(columns, SHARD_SCHEMA.types, strict=True)]
        self._writer.write_table(pa.table(arrays, schema=SHARD_SCHEMA))
        self._pending, self._group_size = [], 0
