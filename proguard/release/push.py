"""A release on the Hugging Face hub, as a pull request that a person merges."""

from pathlib import Path

import httpx
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from proguard.release.output import Kind


def push(release: Path, repository: str, *, kind: Kind = "model") -> str:
    """Upload a release to a repository, which is made when absent, and return the address of the pull request.

    The hub is the one of ``HF_ENDPOINT``, with the user's token.

    Args:
        kind: What the release is of.

    Raises:
        OSError: When the hub refuses or does not answer; the message is one line.
    """
    api = HfApi()
    try:
        api.create_repo(repository, repo_type=kind, exist_ok=True, private=True)
        commit = api.upload_folder(
            repo_id=repository,
            repo_type=kind,
            folder_path=release,
            create_pr=True,
            commit_message=f"Release of the {'guard' if kind == 'model' else 'data set'}",
        )
    except (HfHubHTTPError, httpx.HTTPError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise OSError(f"--push {repository}: {said}; the release itself is in {release}") from error
    return str(commit.pr_url)
