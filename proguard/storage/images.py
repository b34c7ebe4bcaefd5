"""Images as bytes in parquet shards, written once by collect and referred to by SHA-256 afterwards.

An image is decoded once, here; what later stages need of its pixels, a perceptual hash, stands beside its bytes.
"""

import hashlib
import io
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import imagehash
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, UnidentifiedImageError

# The limit is `max_pixels`. Filters belong to the process, so that threads can't set one for a while.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

SHARD_SCHEMA = pa.schema(
    {
        "sha256": pa.string(),
        "bytes": pa.large_binary(),
        "width": pa.int32(),
        "height": pa.int32(),
        "phash": pa.string(),
    }
)

GROUP_BYTES = 2**20
"""Bytes of images in a row group, which is what a reader of one image reads and what a writer holds."""

_COMPRESSION = {name: "none" if name == "bytes" else "zstd" for name in SHARD_SCHEMA.names}
"""Image formats compress already; doing it again costs time and gains nothing."""

_DRAFT_SIDE = 256
"""A JPEG is decoded as grey and scaled down, to this many pixels a side or more: all that a hash of 64 bits needs."""


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """Image bytes that were seen to decode."""

    sha256: str
    content: bytes
    width: int
    height: int

    phash: str
    """Perceptual hash of 64 bits, as 16 hex digits: near ones mean that images look alike."""


def check_image(content: bytes, max_pixels: int) -> CheckedImage:
    """Return ``content`` with its hashes and size, decoded once to its last byte; safe to call in threads.

    Raises:
        ValueError: When it is no image, is cut short, or has more than ``max_pixels``; size is read before pixels are,
            so that a decompression bomb costs nothing.
    """
    try:
        with Image.open(io.BytesIO(content)) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise ValueError(f"image of {width} x {height} pixels, more than {max_pixels}")
            image.draft("L", (_DRAFT_SIDE, _DRAFT_SIDE))
            image.load()
            phash = str(imagehash.phash(image))
    except UnidentifiedImageError:
        raise ValueError("image does not decode: not an image of a known format") from None
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"image does not decode: {error}") from error
    return CheckedImage(hashlib.sha256(content).hexdigest(), content, width, height, phash)


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

    def __contains__(self, sha256: str) -> bool:
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


class _Place(NamedTuple):
    shard: Path
    group: int
    row: int
    phash: str


@dataclass(frozen=True)
class ImageStore:
    """Reader of a folder of shards."""

    folder: Path

    @cached_property
    def _places(self) -> Mapping[str, _Place]:
        places: dict[str, _Place] = {}
        for shard in sorted(Path(self.folder).glob("images-*.parquet")):
            with pq.ParquetFile(shard) as file:
                rows = file.read(columns=["sha256", "phash"]).to_pylist()
                sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
            spots = [(group, row) for group, size in enumerate(sizes) for row in range(size)]
            for (group, row), image in zip(spots, rows, strict=True):
                places[image["sha256"]] = _Place(shard, group, row, image["phash"])
        return places

    def read(self, hashes: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of ``hashes``; only the row groups that hold one are read, each once.

        Raises:
            KeyError: When the shards lack one.
        """
        wanted: dict[Path, dict[int, list[tuple[int, str]]]] = defaultdict(lambda: defaultdict(list))
        for sha, place in self._find(hashes).items():
            wanted[place.shard][place.group].append((place.row, sha))
        found: dict[str, bytes] = {}
        for shard, groups in wanted.items():
            with pq.ParquetFile(shard) as file:
                for group, rows in groups.items():
                    column = file.read_row_group(group, columns=["bytes"])["bytes"]
                    found |= {sha: column[row].as_py() for row, sha in rows}
        return found

    def phashes(self, hashes: Iterable[str]) -> dict[str, str]:
        """Return the perceptual hash, 16 hex digits, of each of ``hashes``; no image is read.

        Raises:
            KeyError: When the shards lack one.
        """
        return {sha: place.phash for sha, place in self._find(hashes).items()}

    def _find(self, hashes: Iterable[str]) -> dict[str, _Place]:
        wanted = sorted(set(hashes))
        if missing := [sha for sha in wanted if sha not in self._places]:
            raise KeyError(f"{self.folder}: no image {missing[0]} (and {len(missing) - 1} more)")
        return {sha: self._places[sha] for sha in wanted}
