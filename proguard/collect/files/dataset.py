"""The files of a hub's data set: from a mirror folder, from the hub's cache, or downloaded, in this order.

What the hub sent must have the hash that it announced. A file counts as verified when a commit pins it: a branch may
hold other bytes tomorrow, and a folder of the mirror may be of any commit.
"""

import hashlib
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from proguard.collect.files.editions import Access, Fetched
from proguard.collect.files.hub import Pattern, fetch_snapshot, match_files
from proguard.fetch.verify import hash_file
from proguard.storage.stand_in import check_data

log = logging.getLogger(__name__)

_COMMIT = re.compile(r"[0-9a-f]{40}")
_BLOB = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def fetch_dataset(
    key: str,
    *,
    hub: str,
    gate: str | None,
    revision: str,
    patterns: Sequence[Pattern],
    rows: int | None,
    folder: Path | None,
    access: Access,
    accepts_other: bool = False,
) -> Fetched:
    """Return the files of a hub's data set that match ``patterns``, out of ``folder`` or of the hub.

    Args:
        key: Key of the entry in the configuration, for messages.
        hub: Id of the data set.
        gate: Page whose terms have to be accepted, or ``None``.
        revision: Commit or branch.
        patterns: Glob patterns of paths, in reading order; of a list in it the first that matches counts.
        rows: Rows that the reader gives; ``None`` when it isn't known.
        folder: Folder of the mirror that holds the files; ``None`` asks the hub.
        access: Where files may come from.
        accepts_other: Whether files that no commit pins may have any number of rows.

    Raises:
        ValueError: When a pattern matches nothing, what the hub lists isn't what came, or a file is not data.
        PermissionError, FileNotFoundError, ConnectionError: As `proguard.collect.files.hub.fetch_snapshot`.
    """
    commit: str | None = None
    files: Mapping[str, Path]
    if folder is not None:
        names = match_files(key, sorted(_list_files(folder)), patterns=patterns, where=str(folder))
        files = {name: folder / name for name in names}
        for name, path in files.items():
            check_data(f"{key}: {name}", path)
    else:
        snapshot = fetch_snapshot(
            key,
            hub=hub,
            gate=gate,
            revision=revision,
            patterns=patterns,
            cache=access.cache / "hub",
            offline=access.offline,
            endpoint=access.hub_endpoint,
        )
        commit, files = snapshot.commit, snapshot.files
    hashes = {name: hash_file(path) for name, path in files.items()}
    intact = {name for name, path in files.items() if commit and check_blob(path, sha256=hashes[name])}
    if not is_commit(revision):
        log.warning("%s: not verified, revision %r is not a commit; read %s", key, revision, commit or folder)
    verified = frozenset(intact if is_commit(revision) else ())
    if accepts_other and len(verified) < len(files):
        rows = None
    return Fetched(edition=None, commit=commit, rows=rows, files=files, hashes=hashes, verified=verified)


def is_commit(revision: str | None) -> bool:
    """Return whether ``revision`` is a full commit hash, which names the same files for ever."""
    return revision is not None and _COMMIT.fullmatch(revision) is not None


def check_blob(path: Path, *, sha256: str) -> bool:
    """Return whether a file of the cache has the hash that the hub gave it; ``False`` when that isn't known.

    Args:
        path: File of a snapshot, a link to a blob whose name is the hash: SHA-256, or git's for a small file.
        sha256: Hash that was found.

    Raises:
        ValueError: When it has another one.
    """
    blob = path.resolve()
    if not path.is_symlink() or not _BLOB.fullmatch(blob.name):
        return False
    found = sha256 if len(blob.name) == len(sha256) else _git_hash(blob)
    if found != blob.name:
        raise ValueError(f"{path}: expected hash {blob.name}, found {found}; the cache is damaged: delete {blob}")
    return True


def _list_files(folder: Path) -> Iterator[str]:
    """Yield the path of each file in ``folder``, those of git and of huggingface_hub, in hidden folders, left out."""
    for top, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(top, name) for name in names)
        yield from (path.relative_to(folder).as_posix() for path in paths if path.is_file())


def _git_hash(path: Path) -> str:
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
