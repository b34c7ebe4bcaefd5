"""Building the tiny base: tokenizer, fresh model, warm start, model folder.

The folder that is in git was built once; on one machine the same seed gives the same bytes.
"""

import random
from pathlib import Path

import torch

from proguard.files import whole_folder
from proguard.taxonomy import Taxonomy
from proguard.tiny_base.architecture import make_model, make_processor
from proguard.tiny_base.curriculum import Curriculum
from proguard.tiny_base.teacher import draw_habits
from proguard.tiny_base.tokenizer import train_tokenizer
from proguard.tiny_base.warm_start import Optimisation, warm_start


def build_tiny_base(
    *,
    output: Path,
    taxonomy: Taxonomy,
    seed: int,
    steps: int = 1400,
    batch_size: int = 64,
    learning_rate: float = 2e-3,
    hidden_size: int = 128,
    n_layers: int = 4,
    vision_size: int = 64,
    vision_depth: int = 2,
    vocab_size: int = 4000,
    skilled_until: float = 0.7,
    recital_share: float = 0.1,
    description_share: float = 0.3,
    naming_share: float = 0.05,
    shuffle_share: float = 0.8,
    habit_strength: float = 0.65,
    free_share: float = 0.4,
    good_share: float = 0.6,
) -> None:
    """Build the tiny base and write its model folder, whole or not at all.

    Runs on one thread, since the order of sums, and so the result, depends on their number.

    Args:
        output: Folder to write; an older one is replaced.
        taxonomy: What the base knows the names and synonyms of.
        seed: Of weights, lessons and habits.
        steps: Steps of the warm start.
        batch_size: Lessons a step.
        learning_rate: Its peak.
        hidden_size: Width of the language model, 128: four heads of a quarter each.
        n_layers: Layers of the language model, at least 2.
        vision_size: Width of the vision tower, a multiple of 16.
        vision_depth: Layers of the vision tower.
        vocab_size: Most tokens of the tokenizer.
        skilled_until: Share of the course after which the teacher's bad habits set in, in [0, 1].
        recital_share: Share of the earlier lessons that repeat a policy; likewise the next two.
        description_share: Share that describes a sign.
        naming_share: Share that gives other names of a category; the rest is moderation.
        shuffle_share: Share of the policies whose ids are shuffled.
        habit_strength: How often the teacher follows its bad habits, in [0, 1].
        free_share: How often it names a risk that is not listed, in [0, 1]; else it gives the category's own code.
        good_share: How many of these names are good ones, in [0, 1].
    """
    torch.set_num_threads(1)
    processor = make_processor(train_tokenizer(taxonomy, vocab_size))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = make_model(
            processor.tokenizer,
            hidden_size=hidden_size,
            n_layers=n_layers,
            vision_size=vision_size,
            vision_depth=vision_depth,
        )
    habits = draw_habits(
        strength=habit_strength,
        free_share=free_share,
        good_share=good_share,
        rng=random.Random(f"{seed} habits"),
    )
    curriculum = Curriculum(
        taxonomy,
        habits,
        skilled_until=skilled_until,
        recital_share=recital_share,
        description_share=description_share,
        naming_share=naming_share,
        shuffle_share=shuffle_share,
    )
    optimisation = Optimisation(steps, batch_size, learning_rate)
    warm_start(model, processor, curriculum, optimisation, rng=random.Random(f"{seed} lessons"))
    with whole_folder(output) as folder:
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
