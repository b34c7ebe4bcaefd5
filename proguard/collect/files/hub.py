"""Data sets of the Hugging Face hub, downloaded into a cache; with a commit as revision, a second run asks nothing.

The token, if one is needed, is where huggingface_hub looks for it, such as HF_TOKEN: it is in no setting and no log.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import httpx
from huggingface_hub import get_cached_repo_tree, snapshot_download
from huggingface_hub.errors import (
    CachedRepoTreeNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    XetDownloadError,
)
from huggingface_hub.utils import filter_repo_objects

from proguard.errors import first_line

_DENIED = (401, 403)
_N_SHOWN = 8

MAX_FILES = 1000
"""Files that a data set is downloaded as. More are left to git-lfs, which asks for many at a time."""

Pattern = str | Sequence[str]
"""A glob pattern of paths, or patterns of which the first that matches counts."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Files of a data set at one commit, on this machine."""

    commit: str

    files: Mapping[str, Path]
    """Where each file lies, by its path in the repository, in the order of the patterns, then of the paths."""


def fetch_snapshot(
    name: str,
    *,
    hub: str,
    gate: str | None,
    revision: str,
    patterns: Sequence[Pattern],
    cache: Path,
    offline: bool,
    endpoint: str | None,
) -> Snapshot:
    """Return the files of data set ``hub`` that match ``patterns``; those that the cache lacks are downloaded.

    A download whose connection is cut resumes where it stopped. After a kill, complete files are not requested again;
    the one in progress starts over.

    Args:
        name: Key of the entry in the configuration, for messages.
        hub: Id of the data set, such as ``owner/name``.
        gate: Page whose terms have to be accepted; ``None`` when anybody may read.
        revision: Commit, which never changes, or a branch, which is asked for each time; while the hub can't be
            reached, it is at the commit where it was last.
        patterns: Glob patterns of paths in the repository, ``*`` also matching ``/``; of a list in it the first that
            matches counts.
        cache: Folder that downloads are kept in, laid out by huggingface_hub.
        offline: Whether only the cache is used.
        endpoint: Address of the hub; ``None`` is huggingface_hub's.

    Raises:
        PermissionError: When the terms aren't accepted or the token is absent or wrong.
        ValueError: When the data set or revision does not exist, a pattern matches nothing, more than `MAX_FILES` files
            match, or a file is damaged.
        FileNotFoundError: When ``offline`` and the cache lacks a file.
        ConnectionError: When the hub can't be reached, or fails.
    """
    download = partial(snapshot_download, hub, repo_type="dataset", cache_dir=cache, endpoint=endpoint)
    try:
        # The list of files first, a request or a few: a wrong pattern costs no download.
        commit = Path(download(revision=revision, allow_patterns=[], local_files_only=offline)).name
        listed = get_cached_repo_tree(hub, repo_type="dataset", revision=commit, cache_dir=cache)
        where = f"{hub} at {commit}"
        paths = match_files(name, sorted(file.path for file in listed), patterns=patterns, where=where)
        _check_number(name, paths, hub=hub)
        folder = Path(download(revision=commit, allow_patterns=_literal(paths), local_files_only=offline))
    except RevisionNotFoundError as error:
        raise ValueError(f"{name}: data set {hub} has no revision {revision!r}; correct {name}.revision") from error
    except (LocalEntryNotFoundError, CachedRepoTreeNotFoundError) as error:
        raise _missing(name, hub=hub, revision=revision, offline=offline, error=error) from error
    except HfHubHTTPError as error:
        raise _refusal(name, hub=hub, gate=gate, error=error) from error
    except (httpx.HTTPError, XetDownloadError) as error:
        raise _missing(name, hub=hub, revision=revision, offline=False, error=error) from error
    return Snapshot(commit, {path: folder / path for path in paths})


def match_files(name: str, paths: Sequence[str], *, patterns: Sequence[Pattern], where: str) -> list[str]:
    """Return those of ``paths`` that match, in the order of ``patterns``, each once.

    Args:
        name: Key of the entry in the configuration, for messages.
        paths: Files that there are.
        patterns: Glob patterns; of a list in it the first that matches anything counts.
        where: Where the files are, for messages.

    Raises:
        ValueError: When a pattern matches nothing; the message names patterns of the files that there are.
    """
    matched: dict[str, None] = {}
    for pattern in patterns:
        options = [pattern] if isinstance(pattern, str) else pattern
        found = next(filter(None, (list(filter_repo_objects(paths, allow_patterns=[o])) for o in options)), None)
        if found is None:
            raise ValueError(
                f"{name}.files: expected files like {' or '.join(map(repr, options))} in {where}, "
                f"found {describe_files(paths)}"
            )
        matched |= dict.fromkeys(found)
    return list(matched)


def describe_files(paths: Sequence[str]) -> str:
    """Return the patterns that ``paths`` follow, each with its number of files, and the path where there is one file.

    >>> describe_files(["README.md", "image/1.png", "image/2.png"])
    'README.md, image/*.png (2 files)'
    """
    kinds: dict[str, list[str]] = {}
    for path in paths:
        *folders, file = path.split("/")
        folder = "/".join(folders[:1] + ["*"] * len(folders[1:]))
        kinds.setdefault(f"{folder}{'/' * bool(folder)}*{PurePosixPath(file).suffix}", []).append(path)
    shown = [files[0] if len(files) == 1 else f"{kind} ({len(files)} files)" for kind, files in kinds.items()]
    more = f" and {len(shown) - _N_SHOWN} more" * (len(shown) > _N_SHOWN)
    return ", ".join(shown[:_N_SHOWN]) + more or "none"


def _check_number(name: str, paths: Sequence[str], *, hub: str) -> None:
    if len(paths) > MAX_FILES:
        raise ValueError(
            f"{name}.files: {len(paths)} files of {hub} match, more than {MAX_FILES}, and the hub limits requests, "
            f"one a file; clone https://huggingface.co/datasets/{hub} with git-lfs into the mirror "
            "(collect.mirror), or name an archive of them"
        )


def _literal(paths: Sequence[str]) -> list[str]:
    """Return patterns that match ``paths`` and nothing else."""
    return [re.sub(r"([*?[])", r"[\1]", path) for path in paths]


def _refusal(name: str, *, hub: str, gate: str | None, error: HfHubHTTPError) -> OSError | ValueError:
    status = error.response.status_code
    if isinstance(error, GatedRepoError) or (gate is not None and status in _DENIED):
        page = gate or f"https://huggingface.co/datasets/{hub}"
        return PermissionError(
            f"{name}: data set {hub} is gated; accept its terms at {page} and set HF_TOKEN to a token of that account"
        )
    if isinstance(error, RepositoryNotFoundError):
        return ValueError(
            f"{name}: the hub has no data set {hub}, or it is private; correct {name}.hub, or set HF_TOKEN"
        )
    if status in _DENIED:
        return PermissionError(f"{name}: the hub answers {status} for data set {hub}; check HF_TOKEN")
    return _missing(name, hub=hub, revision=None, offline=False, error=error)


def _missing(name: str, *, hub: str, revision: str | None, offline: bool, error: Exception) -> OSError:
    reason = first_line(error)
    if offline:
        return FileNotFoundError(
            f"{name}: collect.offline is set and the cache lacks data set {hub} at {revision}, or some of its files: "
            f"{reason}; put it into the mirror (collect.mirror), or set collect.offline to false"
        )
    return ConnectionError(
        f"{name}: data set {hub} can't be downloaded: {reason}; check the network, read a mirror (collect.mirror), or "
        "set collect.offline when the cache has it"
    )
