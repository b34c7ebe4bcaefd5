"""Building the tiny base: tokenizer, fresh model, warm start, model folder.

The folder in git is the result of one build. On one machine the same seed gives the same bytes.
"""

import random
from pathlib import Path

import torch

from proguard.storage.files import atomic_folder
from proguard.taxonomy import Taxonomy
from proguard.tiny_base.architecture import make_model, make_processor
from proguard.tiny_base.curriculum import Curriculum
from proguard.tiny_base.teacher import draw_habits
from proguard.tiny_base.tokenizer import train_tokenizer
from proguard.tiny_base.warm_start import Optimisation, warm_start

_VOCABULARY_SIZE = 4000
"""Most tokens of the tokenizer."""


def build_tiny_base(*, output: Path, taxonomy: Taxonomy, seed: int, steps: int, batch_size: int = 64) -> None:
    """Build the tiny base and write its model folder atomically.

    Runs on one thread, because the number of threads decides the order of sums and with it the result.

    Args:
        output: Folder to write; an older one is replaced.
        taxonomy: Categories whose names and synonyms the base learns.
        seed: Seed of weights, lessons and habits.
        steps: Steps of the warm start.
        batch_size: Lessons per step.
    """
    torch.set_num_threads(1)
    processor = make_processor(train_tokenizer(taxonomy, _VOCABULARY_SIZE))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = make_model(processor.tokenizer, hidden_size=128, n_layers=4, vision_size=64, vision_depth=2)
    habits = draw_habits(taxonomy, strength=0.65, free_share=0.4, good_share=0.6, rng=random.Random(f"{seed} habits"))
    optimisation = Optimisation(steps, batch_size, learning_rate=2e-3)
    warm_start(model, processor, Curriculum(taxonomy, habits), optimisation, rng=random.Random(f"{seed} lessons"))
    with atomic_folder(output) as folder:
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
