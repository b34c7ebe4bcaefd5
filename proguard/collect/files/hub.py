"""Data sets of the Hugging Face hub, downloaded into a cache; with a commit as revision, a second run asks nothing.

The token, if one is needed, is where huggingface_hub looks for it, such as HF_TOKEN: it is in no setting and no log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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

_DENIED = (401, 403)
_N_SHOWN = 8


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
    patterns: Sequence[str],
    cache: Path,
    offline: bool,
    endpoint: str | None,
) -> Snapshot:
    """Return the files of data set ``hub`` that match ``patterns``; those that the cache lacks are downloaded.

    A connection that is cut goes on where it stopped. After a kill, files that are whole are not asked for again; the
    one that was under way begins anew.

    Args:
        name: Key of the entry in the configuration, for messages.
        hub: Id of the data set, such as ``owner/name``.
        gate: Page whose terms have to be accepted; ``None`` when anybody may read.
        revision: Commit, which never changes, or a branch, which is asked for each time; while the hub can't be
            reached, it is at the commit where it was last.
        patterns: Glob patterns of paths in the repository; ``*`` also matches ``/``.
        cache: Folder that downloads are kept in, laid out by huggingface_hub.
        offline: Whether the cache has to do.
        endpoint: Address of the hub; ``None`` is huggingface_hub's.

    Raises:
        PermissionError: When the terms aren't accepted or the token is absent or wrong.
        ValueError: When there is no such data set or revision, a pattern matches nothing, or a file is damaged.
        FileNotFoundError: When ``offline`` and the cache lacks a file.
        ConnectionError: When the hub can't be reached, or fails.
    """
    try:
        folder = snapshot_download(
            hub,
            repo_type="dataset",
            revision=revision,
            cache_dir=cache,
            allow_patterns=list(patterns),
            local_files_only=offline,
            endpoint=endpoint,
        )
        commit = Path(folder).name
        listed = get_cached_repo_tree(hub, repo_type="dataset", revision=commit, cache_dir=cache)
    except RevisionNotFoundError as error:
        raise ValueError(f"{name}: data set {hub} has no revision {revision!r}; correct {name}.revision") from error
    except (LocalEntryNotFoundError, CachedRepoTreeNotFoundError) as error:
        raise _missing(name, hub=hub, revision=revision, offline=offline, error=error) from error
    except HfHubHTTPError as error:
        raise _refusal(name, hub=hub, gate=gate, error=error) from error
    except (httpx.HTTPError, XetDownloadError) as error:
        raise _missing(name, hub=hub, revision=revision, offline=False, error=error) from error
    paths = match_files(name, sorted(file.path for file in listed), patterns=patterns, where=f"{hub} at {commit}")
    return Snapshot(commit, {path: Path(folder) / path for path in paths})


def match_files(name: str, paths: Sequence[str], *, patterns: Sequence[str], where: str) -> list[str]:
    """Return those of ``paths`` that match, in the order of ``patterns``, each once.

    Raises:
        ValueError: When a pattern matches nothing.
    """
    matched: dict[str, None] = {}
    for pattern in patterns:
        found = list(filter_repo_objects(paths, allow_patterns=[pattern]))
        if not found:
            shown = ", ".join(paths[:_N_SHOWN]) + (f" and {len(paths) - _N_SHOWN} more" * (len(paths) > _N_SHOWN))
            raise ValueError(f"{name}.files: expected files like {pattern!r} in {where}, found {shown or 'none'}")
        matched |= dict.fromkeys(found)
    return list(matched)


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
    reason = str(error).partition("\n")[0] or type(error).__name__
    if offline:
        return FileNotFoundError(
            f"{name}: collect.offline is set and the cache lacks data set {hub} at {revision}, or some of its files: "
            f"{reason}; put it into the mirror (collect.mirror), or set collect.offline to false"
        )
    return ConnectionError(
        f"{name}: data set {hub} can't be downloaded: {reason}; check the network, read a mirror (collect.mirror), or "
        "set collect.offline when the cache has it"
    )
