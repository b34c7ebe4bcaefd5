"""The files of a source: from a mirror folder, from the cache, or downloaded, in this order; verifies each checksum.

Files of an authors' repository are listed by a manifest in the folder of the adapters, in the format of ``sha256sum``
with ``unknown`` for a checksum that isn't known. A comment, ``# text <hash>  <path>``, pins what
`proguard.fetch.verify.hash_text` gives for a file whose line ends are mixed: no copy with uniform ones has its
checksum. A manifest is an edition; a source may have several, the authors' own first. Files of a hub's data set are
listed by the hub.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from proguard.fetch.download import download_file
from proguard.fetch.verify import hash_file, verify_file

log = logging.getLogger(__name__)

MIRROR_VARIABLE = "PROGUARD_MIRROR"
CACHE_VARIABLE = "PROGUARD_CACHE"

_TEXT = "# text "
"""Start of a manifest's line that pins a text."""

_MANIFESTS = Path(__file__).parents[1] / "sources"


@dataclass(frozen=True, slots=True)
class Edition:
    """One set of files that a source can be read from."""

    name: str
    rows: int | None
    """Rows that it holds, bad ones included; ``None`` when it isn't known."""

    checksums: Mapping[str, str | None]
    """SHA-256 by path in the authors' repository, in reading order; ``None`` when it isn't known."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of the text (`proguard.fetch.verify.hash_text`) by path, where it is pinned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where files may come from."""

    mirror: Path | None
    """Folder that is looked in first: a folder per source, laid out as its authors' repository."""

    cache: Path
    """Folder that downloads are kept in."""

    offline: bool
    """Offline mode: use only the mirror and the cache."""

    hub_endpoint: str | None
    """Address of the hub; ``None`` is huggingface_hub's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """Files of a source on this machine."""

    edition: str | None
    """Name of the manifest that listed them; ``None`` for a data set of a hub."""

    commit: str | None
    """Commit of the hub that they are of; ``None`` when it isn't known, as for a mirror."""

    rows: int | None
    """Rows that they hold, bad ones included; ``None`` when it isn't known."""

    files: Mapping[str, Path]
    """Where each file lies, by its path in the authors' repository, in reading order."""

    hashes: Mapping[str, str]
    """SHA-256 that was found, likewise."""

    verified: frozenset[str]
    """Files with the checksum that a manifest or a commit pins."""


def load_edition(name: str, *, rows: int | None, folder: Path = _MANIFESTS) -> Edition:
    """Return the edition that ``<name>.sha256`` lists."""
    lines = (folder / f"{name}.sha256").read_text(encoding="utf-8").strip().split("\n")
    listed = (line.split(maxsplit=1) for line in lines if not line.startswith("#"))
    checksums = {path: None if sha256 == "unknown" else sha256 for sha256, path in listed}
    pinned = (line.removeprefix(_TEXT).split(maxsplit=1) for line in lines if line.startswith(_TEXT))
    return Edition(name, rows, checksums, {path: sha256 for sha256, path in pinned})


def find_mirror(mirror: str | None) -> Path | None:
    """Return the mirror folder, ``mirror`` or by default the environment's; ``None`` means download."""
    found = mirror or os.environ.get(MIRROR_VARIABLE)
    return Path(found) if found else None


def find_cache(cache: str | None) -> Path:
    """Return the folder of downloads: ``cache``, by default the environment's, by default one in the home folder."""
    return Path(cache or os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "proguard")


def find_folder(mirror: Path | None, names: Sequence[str]) -> Path | None:
    """Return the folder of a source in the mirror, under the first of ``names`` that is there; ``None`` without one."""
    if mirror is None:
        return None
    if not mirror.is_dir():
        raise FileNotFoundError(f"collect.mirror, {MIRROR_VARIABLE}: no folder {mirror}; correct it, or set it to null")
    found = first_folder(mirror, names)
    if found is None:
        log.warning("the mirror %s has no folder %s; the cache is read, or a download", mirror, " or ".join(names))
    return found


def first_folder(mirror: Path, names: Sequence[str]) -> Path | None:
    """Return the folder of ``mirror`` under the first of ``names`` that is there; ``None`` without one."""
    return next((mirror / name for name in names if (mirror / name).is_dir()), None)


def fetch_editions(
    key: str,
    *,
    adapter: str,
    editions: Sequence[Edition],
    url: str,
    revision: str,
    folder: Path | None,
    access: Access,
    accepts_other: bool = False,
) -> Fetched:
    """Return the files of an authors' repository: the first edition that ``folder`` has, or the first one, downloaded.

    Args:
        key: Key of the entry in the configuration, for messages.
        adapter: Name of the source's module, and of its folder in the cache.
        editions: At least one, the authors' own first.
        url: Address that, with the revision and a file's path appended, serves the file.
        revision: Commit of the authors' repository.
        folder: Folder of the mirror that holds the files; ``None`` takes the cache.
        access: Where files may come from.
        accepts_other: Whether files with another checksum are read too, with any number of rows.

    Raises:
        FileNotFoundError: When ``folder`` lacks a file of every edition, or the cache does in offline mode.
        ValueError: When a checksum differs, or a file is not data.
        ConnectionError: When a download fails.
    """
    edition, setting = editions[0], f"{key}.accept_other_files"
    if folder is not None:
        edition = _choose_edition(key, folder, editions)
    else:
        folder = access.cache / adapter / revision
        wanted = dict.fromkeys(edition.checksums) if accepts_other else edition.checksums
        _download(key, wanted, setting=setting, url=f"{url}/{revision}", folder=folder, offline=access.offline)
    files = {name: folder / name for name in edition.checksums}
    hashes = {name: hash_file(path) for name, path in files.items()}
    verified = frozenset(
        name
        for name, expected in edition.checksums.items()
        if verify_file(
            f"{key}: {name}",
            files[name],
            expected=expected,
            found=hashes[name],
            expected_text=edition.texts.get(name),
            accepts_other=accepts_other,
            setting=setting,
        )
    )
    is_as_pinned = all(name in verified for name, expected in edition.checksums.items() if expected)
    return Fetched(
        edition=edition.name,
        commit=None,
        rows=edition.rows if is_as_pinned else None,
        files=files,
        hashes=hashes,
        verified=verified,
    )


def find_edition(folder: Path, editions: Sequence[Edition]) -> Edition | None:
    """Return the first edition that ``folder`` has all files of; ``None`` when it has those of none."""
    return next((edition for edition in editions if not _missing(folder, edition)), None)


def _missing(folder: Path, edition: Edition) -> list[str]:
    return [name for name in edition.checksums if not (folder / name).is_file()]


def _choose_edition(key: str, folder: Path, editions: Sequence[Edition]) -> Edition:
    if found := find_edition(folder, editions):
        return found
    missing = {edition.name: _missing(folder, edition) for edition in editions}
    lacks = "; ".join(f"{len(names)} of edition {name}, first {names[0]}" for name, names in missing.items())
    raise FileNotFoundError(
        f"{key}: the mirror's folder {folder} lacks files: {lacks}; add them, or remove the folder to download"
    )


def _download(
    key: str, wanted: Mapping[str, str | None], *, setting: str, url: str, folder: Path, offline: bool
) -> None:
    lacking = {
        name: expected
        for name, expected in wanted.items()
        if not (folder / name).is_file() or expected not in (None, hash_file(folder / name))
    }
    if lacking and offline:
        raise FileNotFoundError(
            f"{key}: collect.offline is set and the cache {folder} lacks {len(lacking)} files, first "
            f"{next(iter(lacking))}; put them into the mirror (collect.mirror), or set collect.offline to false"
        )
    for name, expected in tqdm(lacking.items(), desc=f"fetch {key}", unit="file", disable=not lacking):
        download_file(f"{url}/{name}", folder / name, sha256=expected, what=f"{key}: {url}/{name}", setting=setting)
