"""Images as bytes in parquet shards, written once by collect and referred to by SHA-256 afterwards."""

import hashlib
import io
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl
from PIL import Image, UnidentifiedImageError

from proguard.files import write_table

SHARD_SCHEMA: dict[str, pl.DataType] = {
    "sha256": pl.String(),
    "bytes": pl.Binary(),
    "width": pl.Int32(),
    "height": pl.Int32(),
}


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """Image bytes that were seen to decode."""

    sha256: str
    content: bytes
    width: int
    height: int


def check_image(content: bytes, max_pixels: int) -> CheckedImage:
    """Return ``content`` with its hash and size, decoded in full once.

    Raises:
        ValueError: When it is no image, is cut short, or has more than ``max_pixels``; size is read before pixels are,
            so that a decompression bomb costs nothing.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                width, height = image.size
                if width * height > max_pixels:
                    raise ValueError(f"image of {width} x {height} pixels, more than {max_pixels}")
                image.load()
    except UnidentifiedImageError:
        raise ValueError("image does not decode: not an image of a known format") from None
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"image does not decode: {error}") from error
    return CheckedImage(hashlib.sha256(content).hexdigest(), content, width, height)


@dataclass
class ImageShards:
    """Writer of a folder of shards: each image once, in order of arrival, memory bounded by one shard."""

    folder: Path
    shard_bytes: int = 256 * 2**20
    _seen: set[str] = field(default_factory=set)
    _pending: list[CheckedImage] = field(default_factory=list)
    _size: int = 0
    _n_shards: int = 0

    def add(self, image: CheckedImage) -> None:
        """Keep ``image`` unless its bytes were added before."""
        if image.sha256 in self._seen:
            return
        self._seen.add(image.sha256)
        self._pending.append(image)
        self._size += len(image.content)
        if self._size >= self.shard_bytes:
            self.flush()

    def flush(self) -> None:
        """Write what is pending as a shard; call once at the end. The first shard is written also when empty."""
        if not self._pending and self._n_shards:
            return
        columns = [(i.sha256, i.content, i.width, i.height) for i in self._pending]
        table = pl.DataFrame(columns, schema=SHARD_SCHEMA, orient="row")
        write_table(table, self.folder / f"images-{self._n_shards:05d}.parquet")
        self._pending, self._size = [], 0
        self._n_shards += 1

    @property
    def n_images(self) -> int:
        """Distinct images added so far."""
        return len(self._seen)


@dataclass(frozen=True)
class ImageStore:
    """Reader of a folder of shards."""

    folder: Path

    @cached_property
    def _shard_of(self) -> dict[str, Path]:
        return {
            sha: shard
            for shard in sorted(Path(self.folder).glob("images-*.parquet"))
            for sha in pl.read_parquet(shard, columns=["sha256"])["sha256"]
        }

    def read(self, hashes: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of ``hashes``, each shard opened once.

        Raises:
            KeyError: When the shards lack one.
        """
        wanted = set(hashes)
        if missing := sorted(wanted - self._shard_of.keys()):
            raise KeyError(f"{self.folder}: no image {missing[0]} (and {len(missing) - 1} more)")
        found: dict[str, bytes] = {}
        for shard in sorted({self._shard_of[sha] for sha in wanted}):
            rows = pl.scan_parquet(shard).select("sha256", "bytes")
            table = rows.filter(pl.col("sha256").is_in(wanted)).collect()
            found.update(table.iter_rows())
        return found
