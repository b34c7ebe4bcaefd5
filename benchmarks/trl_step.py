"""Times steps of TRL's GRPOTrainer on a project that stands before rl_train; runs in TRL's environment.

    .work/trl/bin/python -m benchmarks.trl_step PROJECT --modality image --steps 8 --threads 2

TRL takes prompts with an image or without one, not both in one training. Prints the seconds of each step as JSON.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from omegaconf import OmegaConf
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from proguard.naming import NameBank, SimilarityConfig
from proguard.prompt import PromptFormat, render_prompt
from proguard.reward.config import STRICT
from proguard.reward.score import score
from proguard.row import Row, read_rows
from proguard.storage.image import decode_image
from proguard.storage.images import ImageStore
from proguard.taxonomy import Taxonomy, load_taxonomy

ROOT = Path(__file__).parents[1]


class StepClock(TrainerCallback):
    """Notes when each step ends."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        """Note the time."""
        self.ends.append(time.perf_counter())


def make_dataset(rows: list[Row], taxonomy: Taxonomy, images: dict[str, bytes]) -> Dataset:
    """Return TRL's columns: the prompt without placeholders, the image, and the row's number."""
    records = []
    for index, row in enumerate(rows):
        messages = render_prompt(row.sample, row.policy, taxonomy, PromptFormat("compact"))
        plain = [{"role": m["role"], "content": m["content"].replace("<image>", "")} for m in messages]
        image = {"image": decode_image(images[row.sample.image]).pixels} if row.sample.image else {}
        records.append({"prompt": plain, "row": index, **image})
    return Dataset.from_list(records)


def main() -> None:
    """Train, and print the seconds of each step and the mean rewards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--modality", choices=["text", "image"], required=True)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    data = options.project / "data"
    taxonomy = load_taxonomy(data / "taxonomy.yaml")
    rows = [
        row
        for row in read_rows(data / "splits" / "train.parquet", taxonomy)
        if (row.sample.image is not None) == (options.modality == "image")
    ]
    images = ImageStore(data / "collected" / "images").read(r.sample.image for r in rows if r.sample.image)
    bank = NameBank(taxonomy, SimilarityConfig(**OmegaConf.load(ROOT / "conf" / "similarity" / "minilm_wheel.yaml")))

    def reward(completions: list[Any], row: list[int], **kwargs: Any) -> list[float]:
        texts = [c[0]["content"] if isinstance(c, list) else c for c in completions]
        return [earned.total for earned in score(texts, [rows[i].target for i in row], bank, STRICT)]

    clock = StepClock()
    with tempfile.TemporaryDirectory() as folder:
        config = GRPOConfig(
            output_dir=folder, per_device_train_batch_size=32, gradient_accumulation_steps=4, num_generations=8,
            max_completion_length=48, learning_rate=5e-4, beta=0.01, max_steps=options.steps, logging_steps=1,
            save_strategy="no", report_to=[], use_cpu=True, bf16=False, temperature=1.0, loss_type="grpo",
            gradient_checkpointing=False, disable_tqdm=True,
        )  # fmt: skip
        trainer = GRPOTrainer(
            model=str(data / "guards" / "base"), reward_funcs=reward, args=config,
            train_dataset=make_dataset(rows, taxonomy, images), callbacks=[clock],
        )  # fmt: skip
        start = time.perf_counter()
        trainer.train()
    seconds = [b - a for a, b in zip([start, *clock.ends], clock.ends, strict=False)]
    rewards = [entry["reward"] for entry in trainer.state.log_history if "reward" in entry]
    sys.stdout.write(json.dumps({"seconds": seconds, "reward": rewards}) + "\n")


if __name__ == "__main__":
    main()
