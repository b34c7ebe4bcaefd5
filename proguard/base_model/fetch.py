"""The model that RL starts from: a local folder, or a hub model at a pinned commit."""

import shutil
from pathlib import Path
from typing import Literal

from proguard.inference.weights import download_model

BaseKind = Literal["tiny", "hub"]


def fetch_base_model(kind: BaseKind, *, model: str, revision: str | None, output: Path) -> None:
    """Put the model's files into the folder ``output``, which exists.

    Raises:
        FileNotFoundError: When a local folder holds no ``config.json``.
        ValueError: When a hub model has no revision: a name alone is not the same model tomorrow.
    """
    if kind == "tiny":
        if not (Path(model) / "config.json").exists():
            raise FileNotFoundError(f"base_model.model: no model in {model}; `python stages/tiny_base.py` builds it")
        shutil.copytree(model, output, dirs_exist_ok=True)
        return
    if revision is None:
        raise ValueError(f"base_model.revision: {model} needs a pinned commit")
    download_model(model, revision, folder=output)
    # A guard's folder has no folders: no loader reads the hub's cache, nor other formats or pictures of a repository.
    for folder in [path for path in output.iterdir() if path.is_dir()]:
        shutil.rmtree(folder)
