"""Model folders: which files a model consists of, where they come from, and what tells one model from another."""

import hashlib
from pathlib import Path

MODEL_FILES = ("*.json", "*.safetensors", "*.txt", "*.jinja", "*.model")
"""What a guard's folder holds; weights in other formats are not downloaded."""


def download_model(model: str, revision: str, *, folder: Path | None = None) -> str:
    """Download the files of a hub's model at a commit; return the folder that holds them.

    Args:
        folder: Where to put them; ``None`` keeps them in the hub's own cache.
    """
    from huggingface_hub import snapshot_download

    return snapshot_download(model, revision=revision, local_dir=folder, allow_patterns=list(MODEL_FILES))


def find_model(model: str, revision: str | None) -> str:
    """Return the folder that holds a model, downloaded when ``model`` is its name on the hub.

    Raises:
        ValueError: When there is neither a folder nor a pinned commit.
    """
    if is_folder(model):
        return model
    if revision is None:
        raise ValueError(f"{model}: not a model folder (no config.json), so a name on the hub: pin its revision")
    return download_model(model, revision)


def is_folder(model: str) -> bool:
    """Return whether ``model`` is a folder that holds a model."""
    return (Path(model) / "config.json").exists()


def identify(model: str, revision: str | None) -> str:
    """Return what tells a model from others: name and commit, or the SHA-256 over a folder's files."""
    if not is_folder(model):
        return f"{model}@{revision}"
    digest = hashlib.sha256()
    for path in sorted(p for p in Path(model).rglob("*") if p.is_file()):
        digest.update(path.relative_to(model).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def count_parameters(folder: Path) -> int:
    """Return the number of weights in the safetensors files of a model folder, read from their headers."""
    from safetensors import safe_open

    total = 0
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="numpy") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - safe_open is no mapping
                size = 1
                for length in tensors.get_slice(name).get_shape():
                    size *= length
                total += size
    return total
