"""Images in the parquet shards that collect wrote, found by the SHA-256 of the bytes that their source gave.

The bytes that come back give every reader the same pixels, see `proguard.storage.image`.
"""

import base64
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

MEDIA_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"RIFF": "image/webp"}
"""Media types of the formats that collect stores, by the first bytes of a file."""


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


def data_url(content: bytes) -> str:
    """Return the bytes of a stored image as a data URL with the media type of their format.

    Raises:
        ValueError: When they are not of a format that collect stores.
    """
    for start, media_type in MEDIA_TYPES.items():
        if content.startswith(start):
            return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
    raise ValueError(f"expected a stored image ({', '.join(MEDIA_TYPES.values())}), found bytes {content[:4]!r}")
