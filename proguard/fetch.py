"""The files of a source, out of a mirror folder or downloaded into a cache, each held against its checksum.

A manifest beside the source's module lists them in the format of ``sha256sum``, with ``unknown`` for a
checksum that isn't known. A manifest is an edition; a source may have several, the authors' own first.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from proguard.download import check_hash, download_file, hash_file

log = logging.getLogger(__name__)

MIRROR_VARIABLE = "PROGUARD_MIRROR"
CACHE_VARIABLE = "PROGUARD_CACHE"

_MANIFESTS = Path(__file__).parent / "sources"


@dataclass(frozen=True, slots=True)
class Edition:
    """One set of files that a source can be read from."""

    name: str
    rows: int | None
    """Rows that it holds, bad ones included; ``None`` when it isn't known."""

    checksums: Mapping[str, str | None]
    """SHA-256 by path in the authors' repository, in reading order; ``None`` when it isn't known."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An edition on this machine."""

    edition: Edition
    files: Mapping[str, Path]
    """Where each file lies, by its path in the authors' repository, in reading order."""

    hashes: Mapping[str, str]
    """SHA-256 that was found, likewise."""


def load_edition(name: str, *, rows: int | None, folder: Path = _MANIFESTS) -> Edition:
    """Return the edition that ``<name>.sha256`` lists."""
    lines = (folder / f"{name}.sha256").read_text(encoding="utf-8").splitlines()
    listed = (line.split(maxsplit=1) for line in lines)
    return Edition(name, rows, {path: None if sha256 == "unknown" else sha256 for sha256, path in listed})


def find_mirror(mirror: str | None) -> Path | None:
    """Return the mirror folder: ``mirror``, else the environment's; ``None`` means download."""
    found = mirror or os.environ.get(MIRROR_VARIABLE)
    return Path(found) if found else None


def find_cache(cache: str | None) -> Path:
    """Return the folder of downloads: ``cache``, else the environment's, else one in the home folder."""
    return Path(cache or os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "proguard")


def fetch_files(
    source: str,
    *,
    editions: Sequence[Edition],
    url: str,
    revision: str,
    mirror: Path | None,
    cache: Path,
) -> Fetched:
    """Return the files of ``source``: the first edition that the mirror has, or the first one, downloaded.

    Args:
        source: Name of the source and of its folder in the mirror.
        editions: At least one, the authors' own first.
        revision: Commit of the authors' repository.
        url: Address that, with the revision and a file's path appended, serves the file.
        mirror: Folder with a folder per source, laid out as the authors' repository.
        cache: Folder that downloads are kept in; what lies there already is not downloaded again.

    Raises:
        FileNotFoundError: When the mirror lacks the source or a file of every edition.
        ValueError: When a checksum differs.
        ConnectionError: When a download fails.
    """
    if mirror is None:
        edition = editions[0]
        folder = cache / source / revision
        _download(edition, url=f"{url}/{revision}", folder=folder)
    else:
        folder = mirror / source
        edition = _choose_edition(folder, editions, source=source)
    files = {name: folder / name for name in edition.checksums}
    hashes = {name: hash_file(path) for name, path in files.items()}
    for name, expected in edition.checksums.items():
        check_hash(f"{source}: {name}", expected=expected, found=hashes[name])
        if expected is None:
            log.warning("%s: %s is not verified, no checksum is pinned; found %s", source, name, hashes[name])
    return Fetched(edition, files, hashes)


def _choose_edition(folder: Path, editions: Sequence[Edition], *, source: str) -> Edition:
    ways_out = f"add it, or download: set collect.mirror to null and unset {MIRROR_VARIABLE}"
    if not folder.is_dir():
        raise FileNotFoundError(f"{source}: the mirror {folder.parent} has no folder {source!r}; {ways_out}")
    missing = {e.name: [name for name in e.checksums if not (folder / name).is_file()] for e in editions}
    for edition in editions:
        if not missing[edition.name]:
            return edition
    lacks = "; ".join(f"{len(names)} of edition {name}, first {names[0]}" for name, names in missing.items())
    raise FileNotFoundError(f"{source}: the mirror's folder {folder} lacks files: {lacks}; {ways_out}")


def _download(edition: Edition, *, url: str, folder: Path) -> None:
    for name, expected in tqdm(edition.checksums.items(), desc=f"fetch {edition.name}", unit="file"):
        path = folder / name
        if not path.is_file() or expected not in (None, hash_file(path)):
            download_file(f"{url}/{name}", path, sha256=expected)
