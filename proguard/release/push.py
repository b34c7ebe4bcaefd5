"""A release on the Hugging Face hub, as a pull request that a person merges."""

from pathlib import Path

from huggingface_hub import HfApi


def push(release: Path, repository: str, *, api: HfApi | None = None) -> str:
    """Upload a release to a repository, which is made when absent, and return the address of the pull request.

    Args:
        api: The hub; ``None`` is the one of ``HF_ENDPOINT``, with the user's token.
    """
    api = api or HfApi()
    api.create_repo(repository, exist_ok=True, private=True)
    commit = api.upload_folder(
        repo_id=repository, folder_path=release, create_pr=True, commit_message="Release of the guard"
    )
    return str(commit.pr_url)
