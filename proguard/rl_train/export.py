"""From verl's last checkpoint to a plain Hugging Face folder."""

import shutil
from pathlib import Path

from proguard.rl_train.config import TrainingFiles


def export_guard(files: TrainingFiles, step: int, output: Path) -> None:
    """Put the model of the checkpoint of ``step`` into the folder ``output``, which exists.

    All but the weights is the base model's, which training does not change; verl's copy of config.json names another
    dtype than the weights have.

    Raises:
        FileNotFoundError: When the checkpoint holds no safetensors.
    """
    trained = files.checkpoints / f"global_step_{step}" / "actor" / "huggingface"
    weights = sorted(trained.glob("*.safetensors"))
    if not weights:
        raise FileNotFoundError(f"rl_train: {trained} holds no safetensors; verl saves them as checkpoint.hf_model")
    for file in files.base_model.iterdir():
        if file.is_file() and file.suffix != ".safetensors" and not file.name.endswith(".index.json"):
            shutil.copy(file, output)
    for file in [*weights, *trained.glob("*.index.json")]:
        shutil.copy(file, output)
